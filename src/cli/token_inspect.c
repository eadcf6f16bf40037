#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/token.h"
#include "msg/json_write.h"

/* A token, and what is to be said of it. */
struct inspection {
    struct ald_jwt jwt;
    bool checked;    /* there was a secret */
    int fault;       /* ALD_JWT_*; of `checked` */
    const char *why; /* why it was not */
    char text[ALD_JWT_MAX + 1];
};

static const char *const algorithms[] = {"HS256", "HS384", "HS512"};

/* What stands on standard input, without blanks at its ends. Returns 0 or the exit status. */
static int input_read(char *text, size_t room, struct ald_str *ret_text)
{
    size_t size = 0;
    ssize_t n = 1;

    while (n != 0 && size < room) {
        n = read(STDIN_FILENO, text + size, room - size);
        if (n < 0 && errno != EINTR) {
            ald_cli_say("standard input: %s", strerror(errno));
            return ALD_EXIT_TROUBLE;
        }
        size += n > 0 ? (size_t)n : 0;
    }
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        size--;
    }
    *ret_text = ald_str_trim(ald_str_of(text, size));
    return 0;
}

/* --- for people --------------------------------------------------------------------------------------------------- */

static void print_claim(const struct inspection *it, const char *title, const char *claim)
{
    char room[600];

    printf("%-10s %.*s %.*s\n", "for", (int)strlen(title), title,
           ALD_STR_ARG(ald_cli_printable(ald_jwt_claim(&it->jwt, claim).raw, room, sizeof(room))));
}

static void print_audience(const struct inspection *it)
{
    char room[600];

    if (ald_jwt_is_for(&it->jwt, ALD_STR("host"))) {
        print_claim(it, "host", "host");
    } else if (ald_jwt_is_for(&it->jwt, ALD_STR("slave"))) {
        print_claim(it, "host", "slave");
    } else if (ald_jwt_is_for(&it->jwt, ALD_STR("user"))) {
        print_claim(it, "user", "user");
    } else {
        printf("%-10s %.*s\n", "for",
               ALD_STR_ARG(ald_cli_printable(ald_jwt_claim(&it->jwt, "aud").raw, room, sizeof(room))));
    }
}

static void print_time(const struct inspection *it, const char *title, const char *claim, const char *otherwise)
{
    uint64_t seconds = 0;
    char text[40] = "";
    struct tm parts;
    time_t at;

    if (!ald_jwt_time(&it->jwt, claim, &seconds)) {
        printf("%-10s %s\n", title, otherwise);
        return;
    }
    at = (time_t)ALD_MIN(seconds, (uint64_t)253402300799); /* the end of the year 9999 */
    if (gmtime_r(&at, &parts) != NULL) {
        ald_ignore(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts)); /* it fits */
    }
    printf("%-10s %s\n", title, text);
}

static const char *algorithm_of(const struct ald_jwt *jwt)
{
    for (size_t i = 0; i < ALD_COUNT(algorithms); i++) {
        if (ald_jwt_algorithm_is(jwt, algorithms[i])) {
            return algorithms[i];
        }
    }
    return "none that is accepted";
}

static void print_people(const struct inspection *it)
{
    print_audience(it);
    print_time(it, "issued", "iat", "it does not say");
    if (ald_jwt_claim(&it->jwt, "nbf").type != ALD_JSON_NONE) {
        print_time(it, "not before", "nbf", "at no time");
    }
    print_time(it, "expires", "exp", "never");
    printf("%-10s %s\n", "algorithm", algorithm_of(&it->jwt));
    if (it->checked) {
        printf("%-10s %s\n", "verdict", ald_jwt_fault_text((enum ald_jwt_fault)it->fault));
    } else {
        printf("%-10s not checked: %s\n", "verdict", it->why);
    }
}

/* --- for programs ------------------------------------------------------------------------------------------------- */

/* Errors: ALDIS_E_NOMEM. */
static int print_json(const struct inspection *it)
{
    struct ald_json_writer json;
    struct ald_buf out;
    int r;

    ald_buf_init(&out, (size_t)8 * ALD_JWT_MAX);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_raw(&json, "header", it->jwt.header);
    ald_json_write_member_raw(&json, "payload", it->jwt.payload);
    ald_json_write_member_bool(&json, "checked", it->checked);
    ald_json_write_member_bool(&json, "good", it->checked && it->fault == 0);
    if (!it->checked) {
        ald_json_write_member_str(&json, "why", ald_str(it->why));
    } else if (it->fault != 0) {
        ald_json_write_member_str(&json, "why", ald_str(ald_jwt_fault_text((enum ald_jwt_fault)it->fault)));
    }
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    if (r == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&out)));
    }
    ald_buf_fini(&out);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- the verdict -------------------------------------------------------------------------------------------------- */

static int inspection_print(const struct ald_cli *cli, const struct inspection *it)
{
    int r = 0;

    if (cli->json) {
        r = print_json(it);
    } else {
        print_people(it);
    }
    r = r < 0 ? ald_cli_broke(r) : ald_cli_flush();
    return r != 0 || (it->checked && it->fault == 0) ? r : ALD_EXIT_TROUBLE;
}

int ald_token_inspect(const struct ald_cli *cli, const struct ald_token_ask *ask)
{
    static struct inspection it; /* large */
    struct ald_secret_why why = {""};
    struct ald_secret secret;
    struct ald_str text = ald_str(ask->words[1]);
    int r;

    if (strcmp(ask->words[1], "-") == 0) {
        r = input_read(it.text, sizeof(it.text), &text);
        if (r != 0) {
            return r;
        }
    }
    r = ald_jwt_read(text, &it.jwt);
    if (r > 0) {
        ald_cli_say("%s", ald_jwt_fault_text((enum ald_jwt_fault)r));
        return ALD_EXIT_TROUBLE;
    }
    r = ald_token_secret(ask, &secret, &why);
    if (r != 0 && ask->secret != NULL) {
        ald_cli_say("%s", why.text);
        return ALD_EXIT_TROUBLE;
    }
    it.why = why.text;
    it.checked = r == 0;
    it.fault = it.checked ? ald_jwt_verify(&it.jwt, ald_secret_key(&secret), (uint64_t)time(NULL)) : 0;
    return it.fault < 0 ? ald_cli_broke(it.fault) : inspection_print(cli, &it);
}
