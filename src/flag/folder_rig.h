#pragma once

/* A folder for one test. Header only, so that it is in no library. */

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test.h"

struct folder_rig {
    char path[64];
};

static inline struct folder_rig folder_rig_make(void)
{
    struct folder_rig rig = {.path = "/tmp/aldis-flags-XXXXXX"};

    assert_non_null(mkdtemp(rig.path));
    return rig;
}

static inline int folder_rig_drop(const char *path, const struct stat *file, int kind, struct FTW *place)
{
    (void)file;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void folder_rig_fini(struct folder_rig *rig)
{
    assert_int_equal(nftw(rig->path, folder_rig_drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void folder_rig_write(const struct folder_rig *rig, const char *name, const char *text)
{
    char path[400];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", rig->path, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Gives all of a file, as text. */
static inline char *folder_rig_read(const struct folder_rig *rig, const char *name)
{
    char path[400];
    char *text = NULL;
    size_t room = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", rig->path, name);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_true(getdelim(&text, &room, '\0', file) >= 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* `name` leads to `to`. */
static inline void folder_rig_link(const struct folder_rig *rig, const char *to, const char *name)
{
    char path[400];

    (void)snprintf(path, sizeof(path), "%s/%s", rig->path, name);
    assert_int_equal(symlink(to, path), 0);
}

/* Files in it, hidden ones too. */
static inline size_t folder_rig_count(const struct folder_rig *rig)
{
    DIR *folder = opendir(rig->path);
    const struct dirent *entry;
    size_t n = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    assert_int_equal(closedir(folder), 0);
    return n;
}
