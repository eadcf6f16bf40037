#include "cli/reach.h"

#include <string.h>

/* Take out what was said of `url` before. */
static void reach_forget(struct ald_reach *reach, const char *url)
{
    char *line = reach->said;
    size_t size = strlen(url);

    while (*line != '\0') {
        char *end = strchr(line, '\n');

        end = end != NULL ? end + 1 : line + strlen(line);
        if (strncmp(line, url, size) == 0 && strncmp(line + size, ": ", 2) == 0) {
            memmove(line, end, strlen(end) + 1);
            reach->n--;
        } else {
            line = end;
        }
    }
}

void ald_reach_failed(struct ald_reach *reach, const char *url, struct ald_str why)
{
    char clean[200];
    struct ald_str text = ald_cli_printable(why, clean, sizeof(clean));
    size_t used;

    reach_forget(reach, url);
    used = strlen(reach->said);
    snprintf(reach->said + used, sizeof(reach->said) - used, "%s: %.*s\n", url, ALD_STR_ARG(text));
    reach->n++;
    reach->denied = false;
}

void ald_reach_denied(struct ald_reach *reach, const char *url, struct ald_str why)
{
    ald_reach_failed(reach, url, why);
    reach->denied = true;
}

int ald_reach_report(const struct ald_reach *reach, const struct ald_cli *cli)
{
    const char *line = reach->said;

    if (reach->n == 0) {
        ald_cli_say("no hub answered in time at %s", cli->urls[0]);
    }
    while (*line != '\0') {
        size_t size = strcspn(line, "\n");

        bool is_last = line[size] == '\0' || line[size + 1] == '\0';

        ald_cli_say("%s %.*s", reach->denied && is_last ? "not wanted by the hub at" : "no hub at", (int)size, line);
        line += size + (line[size] == '\n');
    }
    if (reach->denied || strstr(reach->said, "answered with 401") != NULL) {
        fputs("  prove who you are: with a token (--token-file, ALDIS_TOKEN) or a certificate (--cert)\n", stderr);
    } else if (cli->urls_given) {
        fputs("  is it running, and is this its address? another one is named with -H URL\n", stderr);
    } else {
        fputs("  start one with `aldisd`, or name one with -H URL, for example -H ws://hub.example:8062\n", stderr);
    }
    return ALD_EXIT_NO_HUB;
}
