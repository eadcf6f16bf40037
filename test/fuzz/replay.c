/*
 * What stands in for libFuzzer where a fuzz target is only replayed: the target runs over every file of the folders and
 * over the files named, in the order of their names, and over the empty input. A folder that is missing or empty is fine,
 * because a new target has no corpus yet. Each name is printed before its input runs, so the last line of a run that
 * crashed tells which one it was.
 */

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Folders in folders; a corpus has one or two levels, and a loop of links must come to an end. */
enum { REPLAY_DEPTH_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replay_count;

/* The copy is exactly as large as the input, so that the sanitizer sees the first byte read past it. */
static void replay_run(const char *name, const char *bytes, size_t size)
{
    uint8_t *data = malloc(size);

    if (data == NULL && size > 0) {
        fprintf(stderr, "replay: %s: out of memory\n", name);
        exit(1);
    }
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)bytes[i];
    }
    printf("%s\n", name);
    fflush(stdout);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    replay_count++;
}

static void replay_file(const char *path)
{
    FILE *input = fopen(path, "rb"), *whole;
    char *bytes = NULL, chunk[4096];
    size_t size = 0, n;

    if (input == NULL) {
        perror(path);
        exit(1);
    }
    whole = open_memstream(&bytes, &size);
    while (whole != NULL && (n = fread(chunk, 1, sizeof(chunk), input)) > 0) {
        (void)fwrite(chunk, 1, n, whole);
    }
    if (whole == NULL || ferror(input) || fclose(whole) != 0) {
        perror(path);
        exit(1);
    }
    fclose(input);
    replay_run(path, bytes, size);
    free(bytes);
}

/* Names that begin with a dot are no inputs: they are the folder itself, its parent, and what keeps it in git. */
static int entry_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_path(const char *path, int depth);

static void replay_folder(const char *path, int depth)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, entry_visible, alphasort);

    if (n < 0) {
        perror(path);
        exit(1);
    }
    for (int i = 0; i < n; i++) {
        char *below = NULL;

        if (asprintf(&below, "%s/%s", path, entries[i]->d_name) < 0) {
            exit(1);
        }
        replay_path(below, depth + 1);
        free(below);
        free(entries[i]);
    }
    free(entries);
}

static void replay_path(const char *path, int depth)
{
    struct stat status;

    if (stat(path, &status) != 0 || depth > REPLAY_DEPTH_MAX) {
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        replay_folder(path, depth);
    } else {
        replay_file(path);
    }
}

int main(int argc, char **argv)
{
    replay_run("the empty input", "", 0);
    for (int i = 1; i < argc; i++) {
        replay_path(argv[i], 0);
    }
    printf("%lu inputs ran\n", replay_count);
    return 0;
}
