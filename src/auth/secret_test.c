#include "auth/secret.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test.h"

/* A folder of its own, and a path in it. */
struct place {
    char folder[32];
    char path[64];
};

static void place_init(struct place *place)
{
    *place = (struct place){.folder = "/tmp/aldis-secret-XXXXXX"};
    ald_check(mkdtemp(place->folder) != NULL);
    (void)snprintf(place->path, sizeof(place->path), "%s/secret", place->folder);
}

static void place_fini(struct place *place)
{
    (void)unlink(place->path);
    ald_check_int(rmdir(place->folder), 0); /* nothing else was left there */
}

static void place_write(const struct place *place, const char *text, mode_t mode)
{
    FILE *file = fopen(place->path, "w");

    ald_check(file != NULL);
    ald_check(fputs(text, file) >= 0);
    ald_check_int(fclose(file), 0);
    ald_check_int(chmod(place->path, mode), 0);
}

ALD_TEST(secret, is_made_once_and_kept)
{
    struct ald_secret first, second, third;
    struct ald_secret_why why = {""};
    struct place place;
    struct stat file;

    place_init(&place);
    ald_check_int(ald_secret_load(place.path, &first, &why), ALD_SECRET_MISSING);
    ald_check_int(ald_secret_make(place.path, &first, &why), 0);
    ald_check_int(first.size, 256);
    ald_check_int(stat(place.path, &file), 0);
    ald_check_int(file.st_mode & 0777, 0600);
    ald_check_int(ald_secret_load(place.path, &second, &why), 0);
    ald_check_int(ald_secret_make(place.path, &third, &why), 0);
    ald_check(second.size == 256 && memcmp(first.key, second.key, 256) == 0);
    ald_check(third.size == 256 && memcmp(first.key, third.key, 256) == 0);
    place_fini(&place);
}

ALD_TEST(secret, is_another_in_every_file)
{
    struct ald_secret first, second;

    ald_check_int(ald_secret_draw(&first), 0);
    ald_check_int(ald_secret_draw(&second), 0);
    ald_check(memcmp(first.key, second.key, 256) != 0);
}

/* link.md 6.1. */
ALD_TEST(secret, of_a_cluster_is_read)
{
    struct ald_secret secret;
    struct ald_secret_why why = {""};
    struct place place;

    place_init(&place);
    place_write(&place, "TestSecretDoNotUse\n", 0600);
    ald_check_int(ald_secret_load(place.path, &secret, &why), 0);
    ald_check_int(secret.size, 13);
    ald_check(memcmp(secret.key, "\x4d\xeb\x2d\x49\xe7\x2b\x7a\xd0\xe8\x36\x8b\x54\xb1", 13) == 0);
    place_fini(&place);
}

ALD_TEST(secret, that_is_none_is_refused)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *complaint;
    } files[] = {
        {"", 0600, "holds no secret"},
        {"c2hvcnQ=\n", 0600, "holds no secret"},
        {"TestSecretDoNotUse\n", 0604, "everybody on this machine may read"},
        {"TestSecretDoNotUse\n", 0602, "everybody on this machine may read"},
    };
    struct ald_secret secret;
    struct ald_secret_why why;
    struct place place;

    place_init(&place);
    for (size_t i = 0; i < ALD_COUNT(files); i++) {
        place_write(&place, files[i].text, files[i].mode);
        ald_check_int(ald_secret_load(place.path, &secret, &why), ALD_SECRET_BAD);
        ald_check(strncmp(why.text, place.path, strlen(place.path)) == 0);
        ald_check(strstr(why.text, files[i].complaint) != NULL);
        ald_check_int(ald_secret_make(place.path, &secret, &why), ALD_SECRET_BAD); /* and not overwritten */
    }
    ald_check_int(ald_secret_load(place.folder, &secret, &why), ALD_SECRET_BAD);
    place_fini(&place);
}

ALD_TEST(secret, makes_the_folders_it_needs)
{
    struct ald_secret secret;
    struct ald_secret_why why = {""};
    struct place place;
    char path[128];

    place_init(&place);
    (void)snprintf(path, sizeof(path), "%s/a/b/secret", place.folder);
    ald_check_int(ald_secret_make(path, &secret, &why), 0);
    ald_check_int(unlink(path), 0);
    (void)snprintf(path, sizeof(path), "%s/a/b", place.folder);
    ald_check_int(rmdir(path), 0);
    (void)snprintf(path, sizeof(path), "%s/a", place.folder);
    ald_check_int(rmdir(path), 0);
    (void)snprintf(path, sizeof(path), "/dev/null/secret");
    ald_check_int(ald_secret_make(path, &secret, &why), ALD_SECRET_BAD);
    place_fini(&place);
}

ALD_TEST_MAIN(secret, ALD_CASE(secret, is_made_once_and_kept), ALD_CASE(secret, is_another_in_every_file),
              ALD_CASE(secret, of_a_cluster_is_read), ALD_CASE(secret, that_is_none_is_refused),
              ALD_CASE(secret, makes_the_folders_it_needs))
