/* One exchange of GSSAPI tokens as the client: the target is the argument. Tokens come and go with a length of four bytes before
 * each; before each that goes, a byte says whether it is the last: 'C' or 'D'. */
#include <arpa/inet.h>
#include <gssapi/gssapi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, OM_uint32 code, int kind)
{
    OM_uint32 minor, more = 0;
    gss_buffer_desc text;
    gss_display_status(&minor, code, kind, GSS_C_NO_OID, &more, &text);
    fprintf(stderr, "%s: %.*s\n", what, (int)text.length, (char *)text.value);
    return 1;
}

int main(int count, char **arguments)
{
    OM_uint32 major, minor;
    gss_name_t target;
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    gss_buffer_desc name, input = GSS_C_EMPTY_BUFFER, output;
    if (count != 2)
        return 2;
    name.value = arguments[1];
    name.length = strlen(arguments[1]);
    major = gss_import_name(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &target);
    if (GSS_ERROR(major))
        return fail("the target", major, GSS_C_GSS_CODE);
    for (;;) {
        uint32_t length;
        major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context, target, GSS_C_NO_OID, GSS_C_MUTUAL_FLAG, 0,
                                     GSS_C_NO_CHANNEL_BINDINGS, &input, NULL, &output, NULL, NULL);
        if (GSS_ERROR(major))
            return fail("the exchange", minor, GSS_C_MECH_CODE);
        length = htonl((uint32_t)output.length);
        putchar(major == GSS_S_CONTINUE_NEEDED ? 'C' : 'D');
        fwrite(&length, 4, 1, stdout);
        fwrite(output.value, 1, output.length, stdout);
        fflush(stdout);
        if (major != GSS_S_CONTINUE_NEEDED)
            return 0;
        if (fread(&length, 4, 1, stdin) != 1)
            return 3;
        input.length = ntohl(length);
        input.value = malloc(input.length);
        if (fread(input.value, 1, input.length, stdin) != input.length)
            return 3;
    }
}
