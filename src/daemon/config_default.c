#include "daemon/config_default.h"

#include "auth/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void ald_config_name_of_host(const char *host, char *to)
{
    size_t at = 0;

    if (host[0] >= '0' && host[0] <= '9') {
        to[at++] = '_';
    }
    for (; *host != '\0' && at < ALD_NAME_MAX; host++) {
        to[at++] = name_byte(*host) ? *host : '_';
    }
    if (at == 0) {
        to[at++] = '_';
    }
    to[at] = '\0';
}

/* DESIGN section 4. A path that no socket can have is as good as none. */
static void path_default(char *to, size_t room)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    uint64_t longest = ald_config_rows[ALD_KEY_UNIX_PATH].max;
    int size = 0;

    to[0] = '\0';
    if (geteuid() == 0) {
        folder = "/run";
    }
    if (folder != NULL && folder[0] == '/') {
        size = snprintf(to, room, "%s/aldis/aldis.sock", folder);
    }
    if (size < 0 || (uint64_t)size > longest || !ald_utf8_valid(ald_str(to))) {
        to[0] = '\0';
    }
}

void ald_config_defaults_init(struct ald_config_defaults *defaults)
{
    char host[256] = "";

    *defaults = (struct ald_config_defaults){0};
    if (gethostname(host, sizeof(host) - 1) != 0) {
        host[0] = '\0';
    }
    ald_config_name_of_host(host, defaults->id);
    path_default(defaults->path, sizeof(defaults->path));
    ald_secret_default_path(defaults->secret);
    defaults->fallbacks[ALD_KEY_HUB_ID] = defaults->id;
    defaults->fallbacks[ALD_KEY_UNIX_PATH] = defaults->path;
    defaults->fallbacks[ALD_KEY_LINK_SECRET] = defaults->secret;
}
