/* A validator of OAuth tokens for PostgreSQL 18 (docs 50): for the user ada, "t0ken" is valid, and nothing else is.
 *
 * The headers of that server are not at hand where the tests run: these are the structures that its documentation and its
 * module check (docs 36.10.1) describe. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct magic {
    int length;
    int version, arguments, index_keys, name_length, float8_by_value;
    char abi[32];
    const char *name, *module_version;
};

const struct magic *Pg_magic_func(void)
{
    static const struct magic magic = {sizeof(struct magic), 1800, 100, 32, 64, 1, "PostgreSQL"};
    return &magic;
}

struct result {
    bool authorized;
    char *identity;
};

struct callbacks {
    uint32_t magic;
    void (*startup)(void *state);
    void (*shutdown)(void *state);
    bool (*validate)(const void *state, const char *token, const char *role, struct result *result);
};

extern char *pstrdup(const char *text);

static bool validate(const void *state, const char *token, const char *role, struct result *result)
{
    (void)state;
    (void)role;
    if (strcmp(token, "t0ken") == 0) {
        result->authorized = true;
        result->identity = pstrdup("ada");
    }
    return true;
}

const struct callbacks *_PG_oauth_validator_module_init(void)
{
    static const struct callbacks callbacks = {.magic = 0x20250220, .validate = validate};
    return &callbacks;
}
