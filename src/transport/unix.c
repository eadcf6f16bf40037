/*
 * A socket's file outlives the daemon that made it. Before binding where one lies, we knock: if somebody answers, the
 * place is taken; if the kernel says that nobody listens, the file is a leftover and goes. Whatever is not a socket is
 * not ours to touch.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "transport/sock.h"
#include "transport/sock_listen.h"

enum { UNIX_MODE = 0600, UNIX_DIR_MODE = 0700 };

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

/* Make the folder that `path` lies in, if it is missing; what fails here shows when binding. */
static void parent_make(const char *path)
{
    char parent[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    const char *slash = strrchr(path, '/');

    if (slash != NULL && slash != path) {
        snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
        ald_ignore(mkdir(parent, UNIX_DIR_MODE));
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

/* Bind `fd`, putting a leftover out of the way. Returns 0 or an errno. */
static int unix_bind(int fd, const struct sockaddr_un *address, unsigned mode)
{
    int error;

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
    /* Nobody can connect before listen(), so nobody slips in with the wrong mode. */
    if (chmod(address->sun_path, mode != 0 ? mode : UNIX_MODE) < 0) {
        error = errno;
        ald_ignore(unlink(address->sun_path)); /* as it is it must not stay; the error that counts is the first */
        return error;
    }
    return 0;
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

static int unix_listen(struct ald_net *net, const struct ald_listen_spec *spec, struct ald_listener **ret_listener,
                       struct ald_why *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ald_sock_listener *listener = NULL;
    const char *path = spec->place.name;
    int fd, error, r;

    if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path)) {
        ald_why_say(why, "cannot listen on %.100s: a socket's path has 1 to %zu bytes", path,
                    sizeof(address.sun_path) - 1);
        return ald_trace(ALDIS_E_BIND);
    }
    memcpy(address.sun_path, path, strlen(path));
    if (spec->unix_make_dir) {
        parent_make(path);
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return unix_fail(errno, path, why);
    }
    error = unix_bind(fd, &address, spec->unix_mode);
    if (error != 0) {
        close(fd);
        return unix_fail(error, path, why);
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
