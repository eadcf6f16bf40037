#include "daemon/services.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/test.h"

static char folder[64];

static void touch(const char *name, bool there)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (there) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        ald_check(fd >= 0);
        (void)close(fd);
    } else {
        ald_check_int(unlink(path), 0);
    }
}

static const char *const names[] = {"b.service", "a.service", ".service", "a,b.service", "c.services", "service"};

ALD_TEST(services, are_named_by_their_files)
{
    struct ald_buf list;
    size_t skipped = 0;

    (void)snprintf(folder, sizeof(folder), "/tmp/aldis-services-XXXXXX");
    ald_check(mkdtemp(folder) != NULL);
    ald_buf_init(&list, ALD_SERVICES_BYTES_MAX);
    ald_check_int(ald_services_list(folder, &list, &skipped), 0);
    ald_check_str(ald_buf_str(&list), "");
    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        touch(names[i], true);
    }
    ald_check_int(ald_services_list(folder, &list, &skipped), 0);
    ald_check_str(ald_buf_str(&list), "a,b");
    ald_check_int(skipped, 2);
    ald_buf_fini(&list);
    ald_buf_init(&list, 2);
    ald_check_int(ald_services_list(folder, &list, &skipped), ALD_BUF_FULL);
    ald_buf_fini(&list);
    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        touch(names[i], false);
    }
    ald_check_int(rmdir(folder), 0);
}

ALD_TEST(services, need_a_folder)
{
    struct ald_buf list;
    size_t skipped = 0;

    ald_buf_init(&list, ALD_SERVICES_BYTES_MAX);
    ald_check_int(ald_services_list("/nowhere/at/all", &list, &skipped), ALDIS_E_IO);
    ald_check_int(errno, ENOENT);
    ald_buf_fini(&list);
}

ALD_TEST_MAIN(services, ALD_CASE(services, are_named_by_their_files), ALD_CASE(services, need_a_folder))
