/*
 * A socket's file outlives the daemon that made it. Before binding where one lies, we knock: if somebody answers, the
 * place is taken; if the kernel says that nobody listens, the file is a leftover and goes. Whatever is not a socket is
 * not ours to touch.
 */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/str.h"
#include "transport/sock.h"
#include "transport/sock_listen.h"

enum { UNIX_MODE = 0600, UNIX_GROUP_MODE = 0660, UNIX_DIR_MODE = 0700, UNIX_GROUP_DIR_MODE = 0750 };

/* A group lists its members, and some are large; one beyond this is taken for a mistake. */
enum { UNIX_GROUP_MIN = 1024, UNIX_GROUP_MAX = 1024 * 1024 };

static const gid_t no_group = (gid_t)-1; /* chown() leaves that one alone */

static int unix_dial(struct ald_net *net, const struct ald_place *place, const struct ald_stream_options *options,
                     struct ald_stream **ret_stream)
{
    struct ald_sock *sock = NULL;
    int r;

    r = ald_sock_new(net, options, &sock);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_sock_dial_unix(sock, place->name, options);
    if (r < 0) {
        ald_stream_free(&sock->stream);
        return ald_trace(r);
    }
    *ret_stream = &sock->stream;
    return 0;
}

static int unix_error(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
        return ALDIS_E_ACCESS;
    case EMFILE:
    case ENFILE:
        return ALDIS_E_LIMIT;
    case ENOMEM:
        return ALDIS_E_NOMEM;
    default:
        return ALDIS_E_BIND;
    }
}

static int unix_fail(int error, const char *path, struct ald_why *why)
{
    ald_why_say(why, "cannot listen on %s: %s", path, strerror(error));
    return ald_trace(unix_error(error));
}

/*
 * Make the folder that `path` lies in, if it is missing, for the group as well if there is one. What fails here shows
 * when binding, or when the group comes.
 */
static void parent_make(const char *path, gid_t group)
{
    char parent[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    const char *slash = strrchr(path, '/');

    if (slash != NULL && slash != path) {
        snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
        if (mkdir(parent, UNIX_DIR_MODE) == 0 && group != no_group && lchown(parent, (uid_t)-1, group) == 0) {
            ald_ignore(chmod(parent, UNIX_GROUP_DIR_MODE));
        }
    }
}

/* Returns 0 when the leftover is gone, else an errno. */
static int stale_remove(const struct sockaddr_un *address)
{
    struct stat file;
    int fd, error;

    if (lstat(address->sun_path, &file) < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    if (!S_ISSOCK(file.st_mode)) {
        return ENOTSOCK;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? EADDRINUSE : errno;
    close(fd);
    if (error == ECONNREFUSED) {
        return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : errno;
    }
    return error == EAGAIN ? EADDRINUSE : error; /* a full backlog is somebody, too */
}

/* Tells whether there is such a name, as far as the system can say. Errors: ALDIS_E_NOMEM. */
static int group_named(const char *name, bool *ret_found, gid_t *ret_group)
{
    struct group entry, *found = NULL;
    size_t size = UNIX_GROUP_MIN;
    char *room = NULL;
    int error = ERANGE;

    while (error == ERANGE && size <= UNIX_GROUP_MAX) {
        char *larger = realloc(room, size);

        if (larger == NULL) {
            free(room);
            return ald_trace(ALDIS_E_NOMEM);
        }
        room = larger;
        error = getgrnam_r(name, &entry, room, size, &found);
        size *= 2;
    }
    *ret_found = error == 0 && found != NULL;
    if (*ret_found) {
        *ret_group = entry.gr_gid;
    }
    free(room);
    return 0;
}

/* The number of a group that is given by name or number. Errors: ALDIS_E_NOMEM, ALDIS_E_BIND (there is none). */
static int group_find(const char *name, gid_t *ret_group)
{
    uint64_t number;
    bool found;
    int r = group_named(name, &found, ret_group);

    if (r < 0) {
        return r;
    }
    if (!found && ald_str_u64(ald_str(name), &number) == 0 && number < no_group) {
        *ret_group = (gid_t)number;
        found = true;
    }
    return found ? 0 : ald_trace(ALDIS_E_BIND);
}

/*
 * Give the socket's file its group, then its mode: in this order nobody has more rights in between than before or after.
 * Returns 0 or an errno.
 */
static int unix_open_up(const char *path, gid_t group, unsigned mode)
{
    if (group != no_group && lchown(path, (uid_t)-1, group) < 0) {
        return errno;
    }
    return chmod(path, mode) == 0 ? 0 : errno;
}

/* Bind `fd`, putting a leftover out of the way. Returns 0 or an errno. */
static int unix_bind(int fd, const struct sockaddr_un *address)
{
    int error;

    /* The file gets the mode of the socket, and less by the mask. It may refuse; nobody can connect before listen(). */
    ald_ignore(fchmod(fd, UNIX_MODE));
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        if (errno != EADDRINUSE) {
            return errno;
        }
        error = stale_remove(address);
        if (error != 0) {
            return error;
        }
        if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
            return errno;
        }
    }
    return 0;
}

/* What the spec says about the file. Errors: ALDIS_E_NOMEM, ALDIS_E_BIND. */
static int unix_rights(const struct ald_listen_spec *spec, gid_t *ret_group, unsigned *ret_mode, struct ald_why *why)
{
    int r = 0;

    *ret_group = no_group;
    *ret_mode = spec->unix_mode != 0 ? spec->unix_mode : (unsigned)UNIX_MODE;
    if (spec->unix_group == NULL) {
        return 0;
    }
    if (spec->unix_mode == 0) {
        *ret_mode = UNIX_GROUP_MODE;
    }
    r = group_find(spec->unix_group, ret_group);
    if (r == ALDIS_E_BIND) {
        ald_why_say(why, "cannot listen on %s: there is no group %s", spec->place.name, spec->unix_group);
    }
    return r;
}

/* Remember what lies at the path, to know it again when it is removed. */
static int file_note(struct ald_sock_listener *listener, const char *path)
{
    struct stat file;

    listener->path = strdup(path);
    if (listener->path == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (lstat(path, &file) == 0) {
        listener->device = (uint64_t)file.st_dev;
        listener->inode = (uint64_t)file.st_ino;
    }
    return 0;
}

/* Gives a bound socket whose file has its rights. */
static int unix_prepare(const struct ald_listen_spec *spec, const struct sockaddr_un *address, int *ret_fd,
                        struct ald_why *why)
{
    const char *path = spec->place.name;
    unsigned mode;
    gid_t group;
    int fd, error;
    int r = unix_rights(spec, &group, &mode, why);

    if (r < 0) {
        return r;
    }
    if (spec->unix_make_dir) {
        parent_make(path, group);
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return unix_fail(errno, path, why);
    }
    error = unix_bind(fd, address);
    if (error != 0) {
        close(fd);
        return unix_fail(error, path, why);
    }
    error = unix_open_up(path, group, mode);
    if (error != 0) {
        ald_ignore(unlink(path)); /* as it is it must not stay; the error that counts is the first */
        close(fd);
        if (group == no_group) {
            return unix_fail(error, path, why);
        }
        ald_why_say(why, "cannot give %s to the group %s: %s", path, spec->unix_group, strerror(error));
        return ald_trace(unix_error(error));
    }
    *ret_fd = fd;
    return 0;
}

static int unix_listen(struct ald_net *net, const struct ald_listen_spec *spec, struct ald_listener **ret_listener,
                       struct ald_why *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ald_sock_listener *listener = NULL;
    const char *path = spec->place.name;
    int fd, r;

    if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path)) {
        ald_why_say(why, "cannot listen on %.100s: a socket's path has 1 to %zu bytes", path,
                    sizeof(address.sun_path) - 1);
        return ald_trace(ALDIS_E_BIND);
    }
    memcpy(address.sun_path, path, strlen(path));
    r = unix_prepare(spec, &address, &fd, why);
    if (r < 0) {
        return r;
    }
    r = ald_sock_listener_new(net, fd, spec->backlog, &listener, why);
    if (r < 0) {
        ald_ignore(unlink(path)); /* we made it; what is left is found stale by the next one */
        return r;
    }
    snprintf(listener->listener.address, sizeof(listener->listener.address), "%s", path);
    listener->listener.loopback = true;
    r = file_note(listener, path);
    if (r < 0) {
        listener->listener.close(&listener->listener);
        ald_ignore(unlink(path)); /* as above */
        return r;
    }
    *ret_listener = &listener->listener;
    return 0;
}

const struct ald_bottom ald_bottom_unix = {.name = "unix", .dial = unix_dial, .listen = unix_listen};
