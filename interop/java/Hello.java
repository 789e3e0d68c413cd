import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Asks once with text and an unnamed statement, once with binary and a named one. */
final class Hello {
    private Hello() {}

    public static void main(String[] args) throws SQLException {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/any?user=anyone&sslmode=disable";
        for (String mode : new String[] {"&prepareThreshold=0&binaryTransfer=false", "&prepareThreshold=-1"}) {
            try (Connection connection = DriverManager.getConnection(url + mode);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select anything")) {
                while (rows.next()) {
                    System.out.println(rows.getString("greeting"));
                }
            }
        }
    }
}
