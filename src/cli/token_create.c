
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "cli/token.h"
#include "msg/address.h"
#include "msg/json_write.h"

/* Larger integers are not the same to every program that reads JSON (link.md 2.7). */
#define TOKEN_ID_MAX ((UINT64_C(1) << 53) - 1)

enum { TOKEN_PAYLOAD_MAX = 4 * 1024 };

/* Whom a token is for, and since and until when. */
struct claims {
    struct ald_str audience; /* host or user */
    uint64_t id;
    char name[ALD_NAME_MAX + 1];
    uint64_t issued, expires; /* expires 0: never */
};

/* Names of users mean the same in any case, and are told in lower case (link.md 6.2). Returns what is wrong, or NULL. */
static const char *user_read(const char *text, char name[ALD_NAME_MAX + 1])
{
    struct ald_str user = ald_str(text);
    uint64_t number;

    if (user.size == 0 || user.size > ALD_NAME_MAX || !ald_utf8_valid(user)) {
        return "a user has a name of at most 255 bytes";
    }
    for (size_t i = 0; i <= user.size; i++) {
        name[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    }
    if (ald_str_starts(ald_str(name), ALD_STR("host-")) && ald_str_u64(ald_str(name + strlen("host-")), &number) == 0) {
        return "host- and a number is the name of a host";
    }
    return NULL;
}

/* Returns what is wrong, or NULL. */
static const char *claims_read(const struct ald_token_ask *ask, struct claims *claims)
{
    *claims = (struct claims){.issued = (uint64_t)time(NULL)};
    claims->expires = ask->expires != 0 ? claims->issued + ask->expires / ALD_SEC : 0;
    if (strcmp(ask->words[1], "user") == 0) {
        claims->audience = ALD_STR("user");
        return user_read(ask->words[2], claims->name);
    }
    if (strcmp(ask->words[1], "host") != 0) {
        return "a token is for a host or a user: aldis token create host ID, or create user NAME";
    }
    claims->audience = ALD_STR("host");
    if (ald_str_u64(ald_str(ask->words[2]), &claims->id) != 0 || claims->id > TOKEN_ID_MAX) {
        return "the id of a host is a number, from 0 to 9007199254740991";
    }
    return NULL;
}

/* The members in the order in which existing hubs write them. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int claims_write(const struct claims *claims, const char *token, struct ald_buf *out)
{
    struct ald_json_writer json;

    ald_json_write_init(&json, out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    if (token != NULL) {
        ald_json_write_member_str(&json, "token", ald_str(token));
    }
    ald_json_write_member_str(&json, "aud", claims->audience);
    if (claims->name[0] != '\0') {
        ald_json_write_member_str(&json, "user", ald_str(claims->name));
    } else {
        ald_json_write_member_u64(&json, "host", claims->id);
    }
    ald_json_write_member_u64(&json, "iat", claims->issued);
    if (claims->expires != 0) {
        ald_json_write_member_u64(&json, "exp", claims->expires);
    }
    ald_json_write_end(&json);
    return ald_json_write_done(&json);
}

/* Append the token, terminated. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int token_sign(const struct claims *claims, const struct ald_secret *secret, struct ald_buf *out)
{
    struct ald_buf payload;
    int r;

    ald_buf_init(&payload, TOKEN_PAYLOAD_MAX);
    r = claims_write(claims, NULL, &payload);
    r = r == 0 ? ald_jwt_sign(ald_buf_str(&payload), ald_secret_key(secret), out) : r;
    r = r == 0 ? ald_buf_push_byte(out, '\0') : r;
    ald_buf_fini(&payload);
    return r;
}

static int token_print(const struct ald_cli *cli, const struct claims *claims, const char *token)
{
    struct ald_buf out;
    int r;

    if (!cli->json) {
        puts(token);
        return ald_cli_flush();
    }
    ald_buf_init(&out, ALD_JWT_MAX + TOKEN_PAYLOAD_MAX);
    r = claims_write(claims, token, &out);
    ald_assert(r <= 0); /* a name is 255 bytes */
    if (r == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&out)));
    }
    ald_buf_fini(&out);
    return r < 0 ? ald_cli_broke(r) : ald_cli_flush();
}

int ald_token_create(const struct ald_cli *cli, const struct ald_token_ask *ask)
{
    struct ald_secret_why why = {""};
    struct ald_secret secret;
    struct claims claims;
    struct ald_buf token;
    const char *wrong = claims_read(ask, &claims);
    int r;

    if (wrong != NULL) {
        return ald_cli_usage(cli, "%s", wrong);
    }
    r = ald_token_secret(ask, &secret, &why);
    if (r > 0) {
        ald_cli_say("%s%s", why.text,
                    r == ALD_SECRET_MISSING ? "; a hub makes its secret at its first start, --secret names another"
                                            : "");
        return ALD_EXIT_TROUBLE;
    }
    ald_buf_init(&token, ALD_JWT_MAX);
    r = token_sign(&claims, &secret, &token);
    ald_assert(r <= 0); /* the same */
    r = r < 0 ? ald_cli_broke(r) : token_print(cli, &claims, ald_buf_str(&token).data);
    ald_buf_fini(&token);
    return r;
}
