#include "loop/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/test.h"

static char place[] = "/tmp/aldis-folder-XXXXXX";

static const char *const files[] = {"c.json", "B.json", "a.json",  ".json", ".a.json",
                                    "json",   "a.jso",  "a.json~", "d.json"};

static void put(const char *name, bool there)
{
    char path[128];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", place, name);
    if (!there) {
        ald_check_int(unlink(path), 0);
        return;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ald_check(fd >= 0);
    (void)close(fd);
}

static void expect(const struct ald_folder_filter *filter, const char *const *names, size_t n)
{
    struct ald_folder folder;

    ald_check_int(ald_folder_read(place, filter, &folder), 0);
    ald_check_int(folder.n, n);
    for (size_t i = 0; i < n; i++) {
        ald_check_str(ald_str(folder.names[i]), names[i]);
    }
    ald_folder_fini(&folder);
    ald_check_int(folder.n, 0);
}

ALD_TEST(folder, is_read_by_how_names_end_in_the_order_of_bytes)
{
    static const char *const shown[] = {"B.json", "a.json", "c.json", "d.json"};
    static const char *const all[] = {".a.json", ".json", "B.json", "a.json", "c.json", "d.json"};

    ald_check(mkdtemp(place) != NULL);
    expect(&(struct ald_folder_filter){.suffix = ".json"}, NULL, 0);
    for (size_t i = 0; i < ALD_COUNT(files); i++) {
        put(files[i], true);
    }
    expect(&(struct ald_folder_filter){.suffix = ".json"}, shown, ALD_COUNT(shown));
    expect(&(struct ald_folder_filter){.suffix = ".json", .hidden = true}, all, ALD_COUNT(all));
    for (size_t i = 0; i < ALD_COUNT(files); i++) {
        put(files[i], false);
    }
    ald_check_int(rmdir(place), 0);
}

ALD_TEST(folder, that_is_not_there_is_told)
{
    struct ald_folder folder;

    ald_check_int(ald_folder_read("/nowhere/at/all", &(struct ald_folder_filter){.suffix = ""}, &folder), ALDIS_E_IO);
    ald_check_int(errno, ENOENT);
}

ALD_TEST_MAIN(folder, ALD_CASE(folder, is_read_by_how_names_end_in_the_order_of_bytes),
              ALD_CASE(folder, that_is_not_there_is_told))
