#include "auth/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/base64.h"
#include "base/error.h"
#include "base/printable.h"

enum {
    SECRET_BYTES = 256, /* link.md 6.1 */
    SECRET_TEXT = (SECRET_BYTES + 2) / 3 * 4,
    SECRET_FILE_MAX = 4 * 1024
};

_Static_assert((int)SECRET_FILE_MAX <= (int)ALD_JWT_KEY_MAX, "what is decoded is no longer than its text");

void ald_secret_default_path(char to[ALD_SECRET_PATH_MAX])
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int size = 0;

    if (geteuid() == 0) {
        size = snprintf(to, ALD_SECRET_PATH_MAX, "/var/lib/aldis/link.secret");
    } else if (state != NULL && state[0] == '/') {
        size = snprintf(to, ALD_SECRET_PATH_MAX, "%s/aldis/link.secret", state);
    } else if (home != NULL && home[0] == '/') {
        size = snprintf(to, ALD_SECRET_PATH_MAX, "%s/.local/state/aldis/link.secret", home);
    }
    if (size <= 0 || size >= ALD_SECRET_PATH_MAX || !ald_utf8_valid(ald_str(to))) {
        to[0] = '\0';
    }
}

static int secret_fault(const char *path, const char *what, struct ald_secret_why *why)
{
    char quoted[256];

    (void)ald_printable(ald_str(path), quoted, sizeof(quoted));
    (void)snprintf(why->text, sizeof(why->text), "%s: %s", quoted, what);
    return ALD_SECRET_BAD;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* What is wrong with the file; NULL: nothing. */
static const char *file_judge(int fd)
{
    struct stat file;

    if (fstat(fd, &file) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(file.st_mode)) {
        return "is no file";
    }
    if ((file.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        return "everybody on this machine may read or write it; chmod 600 keeps it secret";
    }
    return NULL;
}

/* What is wrong; NULL: nothing. */
static const char *file_read(int fd, struct ald_secret *secret)
{
    char text[SECRET_FILE_MAX + 1];
    size_t size = 0;
    ssize_t n = 1;

    while (n > 0 && size < sizeof(text)) {
        n = read(fd, text + size, sizeof(text) - size);
        if (n < 0 && errno != EINTR) {
            return strerror(errno);
        }
        size += n > 0 ? (size_t)n : 0;
        n = n < 0 ? 1 : n;
    }
    if (size > SECRET_FILE_MAX) {
        return "longer than any secret";
    }
    secret->size = ald_base64_read_lenient(ald_str_of(text, size), (char *)secret->key);
    OPENSSL_cleanse(text, sizeof(text));
    return secret->size < ALD_JWT_KEY_MIN ? "holds no secret, which is eight bytes at least, in base64" : NULL;
}

int ald_secret_load(const char *path, struct ald_secret *ret_secret, struct ald_secret_why *ret_why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* somebody may have put a pipe there */
    const char *wrong;

    if (fd < 0) {
        int outcome = errno == ENOENT ? ALD_SECRET_MISSING : ALD_SECRET_BAD;

        (void)secret_fault(path, strerror(errno), ret_why);
        return outcome;
    }
    wrong = file_judge(fd);
    wrong = wrong == NULL ? file_read(fd, ret_secret) : wrong;
    (void)close(fd);
    return wrong == NULL ? 0 : secret_fault(path, wrong, ret_why);
}

/* --- making ------------------------------------------------------------------------------------------------------- */

int ald_secret_draw(struct ald_secret *ret_secret)
{
    _Static_assert((int)SECRET_BYTES <= (int)ALD_JWT_KEY_MAX, "there is room");

    if (RAND_priv_bytes(ret_secret->key, SECRET_BYTES) != 1) {
        return ald_trace(ALDIS_E_IO);
    }
    ret_secret->size = SECRET_BYTES;
    return 0;
}

/* Make the folders that lead to `path`. Whether that went well is seen when the file is made. */
static void folders_make(const char *path)
{
    char folder[ALD_SECRET_PATH_MAX];

    (void)snprintf(folder, sizeof(folder), "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ald_ignore(mkdir(folder, 0700)); /* most are there */
        *slash = '/';
    }
}

/* The folder knows the new name for good. */
static void folder_settle(const char *path)
{
    char folder[ALD_SECRET_PATH_MAX];
    int fd;

    (void)snprintf(folder, sizeof(folder), "%s", path);
    fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        ald_ignore(fsync(fd)); /* then it is in the folder's cache: whoever loses it makes another */
        (void)close(fd);
    }
}

/* Not where a file is already: it may hold somebody else's secret, and be in use. */
static bool file_rename(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return true;
    }
    /* Some file systems cannot tell. */
    return errno == EINVAL && access(to, F_OK) != 0 && rename(from, to) == 0;
}

/* Errors: ALDIS_E_IO with errno, which is EEXIST when there is one already. */
static int file_write(const char *path, struct ald_str text)
{
    char other[ALD_SECRET_PATH_MAX + 8];
    int fd, error;
    bool good;

    (void)snprintf(other, sizeof(other), "%s.XXXXXX", path);
    fd = mkostemp(other, O_CLOEXEC); /* for its owner only */
    if (fd < 0) {
        return ALDIS_E_IO;
    }
    errno = ENOSPC; /* what a short write means */
    good = write(fd, text.data, text.size) == (ssize_t)text.size && fsync(fd) == 0;
    error = errno;
    if (close(fd) != 0 && good) {
        error = errno;
        good = false;
    }
    if (good) {
        good = file_rename(other, path);
        error = errno;
    }
    if (!good) {
        (void)unlink(other);
    }
    errno = error;
    return good ? 0 : ALDIS_E_IO;
}

int ald_secret_make(const char *path, struct ald_secret *ret_secret, struct ald_secret_why *ret_why)
{
    char text[SECRET_TEXT + 1];
    struct ald_secret fresh;
    size_t size;
    int r;

    if (strlen(path) >= ALD_SECRET_PATH_MAX) {
        return secret_fault(path, strerror(ENAMETOOLONG), ret_why);
    }
    r = ald_secret_draw(&fresh);
    if (r < 0) {
        return ald_trace(r);
    }
    size = ald_base64_write(ald_secret_key(&fresh), text);
    text[size++] = '\n';
    folders_make(path);
    r = file_write(path, ald_str_of(text, size));
    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(&fresh, sizeof(fresh));
    if (r < 0 && errno != EEXIST) {
        return secret_fault(path, strerror(errno), ret_why);
    }
    folder_settle(path);
    r = ald_secret_load(path, ret_secret, ret_why);
    return r == 0 ? 0 : ALD_SECRET_BAD;
}
