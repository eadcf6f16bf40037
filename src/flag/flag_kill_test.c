/*
 * A save, killed at every one of its system calls: at the first stop of the first child, the second stop of the second,
 * until one ends by itself. After each, the flag must read as it was before or as it would be after, and nothing else may
 * be listed. A saver that writes in place shows that this would be seen.
 *
 * That a machine may stop as well is seen from the order of the calls: what is renamed was brought to the disk before, and
 * the folder after.
 */

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "flag/flag_list.h"
#include "flag/folder_rig.h"
#include "lib/test.h"

#define FILE_NAME "lamp_optics_lens.flag"

enum { CALLS_MAX = 2000 };

/* Which of the calls that matter was entered, in their order. */
struct calls {
    long numbers[CALLS_MAX];
    size_t n;
};

/* What a child does to the folder: the `number`-th raise. Returns its exit status. */
typedef int (*act_fn)(const char *folder, uint64_t number);

static const struct ald_flag_id id = {{"lamp", 4}, {"optics", 6}, {"lens", 4}};

static int act_save(const char *folder, uint64_t number)
{
    const struct ald_flag_store store = {.folder = folder, .patience = 0};
    char message[100];
    struct ald_flag flag = {.id = id, .tags = ALD_STR("a,b")};
    struct ald_flag_why why;

    snprintf(message, sizeof(message), "raise\n%llu", (unsigned long long)number);
    flag.message = ald_str(message);
    return ald_flag_store_save(&store, &flag, number * ALD_SEC, &why) != 0;
}

static int act_remove(const char *folder, uint64_t number)
{
    const struct ald_flag_store store = {.folder = folder, .patience = 0};
    struct ald_flag_why why;

    (void)number;
    return ald_flag_store_remove(&store, &id, false, &why) != 0;
}

/* As it must not be done. */
static int act_write_in_place(const char *folder, uint64_t number)
{
    char path[200], text[300];
    int fd, size;

    snprintf(path, sizeof(path), "%s/" FILE_NAME, folder);
    size = snprintf(text, sizeof(text), "count=%llu\nmessage=raise\\n%llu\nname=lens\nsection=optics\nunit=lamp\n",
                    (unsigned long long)number, (unsigned long long)number);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return fd < 0 || write(fd, text, (size_t)size) != size || close(fd) != 0;
}

static void calls_note(struct calls *calls, pid_t child)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY &&
        calls->n < CALLS_MAX) {
        calls->numbers[calls->n++] = (long)info.entry.nr;
    }
}

/* Does the system let us watch a child? */
static bool may_trace(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0);
    }
    ald_check(child > 0 && waitpid(child, &status, 0) == child);
    return status == 0;
}

/*
 * Run `act` in a child that is killed at its `n`-th stop, which is the beginning or the end of a system call; 0: it is not
 * killed. Returns whether it was. `calls` may be NULL.
 */
static bool killed_at(unsigned n, act_fn act, const char *folder, uint64_t number, struct calls *calls)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0) {
            _exit(100);
        }
        _exit(act(folder, number));
    }
    ald_check(child > 0);
    ald_check(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    ald_check(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
    for (unsigned i = 1;; i++) {
        ald_check(ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0);
        ald_check(waitpid(child, &status, 0) == child);
        if (!WIFSTOPPED(status)) {
            ald_check_int(status, 0); /* it ended by itself, and well */
            return false;
        }
        ald_check_int(WSTOPSIG(status), SIGTRAP | 0x80);
        if (i == n) {
            ald_check(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
            return true;
        }
        if (calls != NULL) {
            calls_note(calls, child);
        }
    }
}

/* What a reader finds: the count of the one flag, 0 when it is down, -1 when anything is not as it must be. */
static int64_t found(const struct folder_rig *rig)
{
    ALD_AUTO(ald_flag_list_free) struct ald_flag_list *list = NULL;
    struct ald_flag_why why;
    char message[100];

    ald_check_int(ald_flag_list_read(rig->path, 0, &list, &why), 0);
    if (list->n_broken > 0 || list->n_flags > 1 || list->n_files != list->n_flags) {
        return -1;
    }
    if (list->n_flags == 0) {
        return 0;
    }
    snprintf(message, sizeof(message), "raise\n%llu", (unsigned long long)list->flags[0]->count);
    return ald_str_equal(list->flags[0]->message, ald_str(message)) ? (int64_t)list->flags[0]->count : -1;
}

/* What the version before is kept in is a flag as well, and at most one raise older. */
static bool backup_is_right(const struct folder_rig *rig, int64_t count)
{
    char path[200];
    struct ald_flag *flag = NULL;
    struct ald_flag_why why;
    bool right;
    char *text;

    snprintf(path, sizeof(path), "%s/" FILE_NAME ".bak", rig->path);
    if (access(path, F_OK) != 0) {
        return count <= 1;
    }
    text = folder_rig_read(rig, FILE_NAME ".bak");
    right = ald_flag_parse(ald_str(text), &flag, &why) == 0 && (int64_t)flag->count <= count &&
            (int64_t)flag->count >= count - 1;
    ald_flag_free(flag);
    free(text);
    return right;
}

/* Kills at every stop of `act`; returns at how many something was wrong. */
static unsigned wrong_at_every_stop(act_fn act, struct folder_rig *rig, unsigned *ret_before, unsigned *ret_after)
{
    unsigned wrong = 0, n = 1;
    bool killed = true;

    *ret_before = *ret_after = 0;
    for (; killed; n++) {
        int64_t before = found(rig), after;

        ald_check(before >= 0 && n < CALLS_MAX);
        killed = killed_at(n, act, rig->path, (uint64_t)before + 1, NULL);
        after = found(rig);
        *ret_before += killed && after == before;
        *ret_after += killed && after == before + 1;
        wrong += after != before && after != before + 1;
        wrong += act == act_save && !backup_is_right(rig, after);
        if (after < 0) {
            ald_check_int(act_save(rig->path, 1), 0); /* mend it, and go on */
        }
    }
    ald_check(n > 4);
    return wrong;
}

ALD_TEST(kill, at_no_system_call_does_a_save_lose_a_flag)
{
    struct folder_rig rig = folder_rig_make();
    unsigned before, after;

    if (!may_trace()) {
        folder_rig_fini(&rig);
        skip();
    }
    ald_check_int(act_save(rig.path, 1), 0);
    ald_check_int(wrong_at_every_stop(act_save, &rig, &before, &after), 0);
    ald_check(before > 20 && after >= 4);     /* both sides of the rename were seen */
    ald_check_int(folder_rig_count(&rig), 2); /* nothing is left of the killed ones */
    folder_rig_fini(&rig);
}

ALD_TEST(kill, at_no_system_call_does_the_first_save_leave_half_a_flag)
{
    bool killed = true;
    unsigned n_up = 0;

    if (!may_trace()) {
        skip();
    }
    for (unsigned n = 1; killed; n++) {
        struct folder_rig rig = folder_rig_make();
        int64_t count;

        ald_check(n < CALLS_MAX);
        killed = killed_at(n, act_save, rig.path, 1, NULL);
        count = found(&rig);
        ald_check(count == 0 || count == 1);
        ald_check(killed || count == 1);
        n_up += killed && count == 1;
        ald_check_int(act_save(rig.path, (uint64_t)count + 1), 0);
        ald_check_int(found(&rig), count + 1);
        folder_rig_fini(&rig);
    }
    ald_check(n_up >= 4);
}

ALD_TEST(kill, at_no_system_call_does_lowering_leave_half_a_flag)
{
    bool killed = true;
    unsigned n_up = 0, n_down = 0;

    if (!may_trace()) {
        skip();
    }
    for (unsigned n = 1; killed; n++) {
        struct folder_rig rig = folder_rig_make();
        int64_t count;

        ald_check(n < CALLS_MAX);
        ald_check_int(act_save(rig.path, 1), 0);
        killed = killed_at(n, act_remove, rig.path, 0, NULL);
        count = found(&rig);
        ald_check(count == 0 || count == 1);
        ald_check(killed || count == 0);
        n_up += killed && count == 1;
        n_down += killed && count == 0;
        folder_rig_fini(&rig);
    }
    ald_check(n_up > 4 && n_down >= 4);
}

ALD_TEST(kill, a_save_that_writes_in_place_is_caught)
{
    struct folder_rig rig = folder_rig_make();
    unsigned before, after;

    if (!may_trace()) {
        folder_rig_fini(&rig);
        skip();
    }
    ald_check_int(act_write_in_place(rig.path, 1), 0);
    ald_check(wrong_at_every_stop(act_write_in_place, &rig, &before, &after) > 0);
    folder_rig_fini(&rig);
}

static bool is_rename(long number)
{
#ifdef SYS_renameat
    if (number == SYS_renameat) {
        return true;
    }
#endif
    return number == SYS_renameat2;
}

ALD_TEST(kill, what_is_renamed_is_on_the_disk_and_the_folder_is_soon)
{
    struct folder_rig rig = folder_rig_make();
    static struct calls calls;
    size_t n_renames = 0, n_synced = 0;
    bool synced = false;

    if (!may_trace()) {
        folder_rig_fini(&rig);
        skip();
    }
    ald_check_int(act_save(rig.path, 1), 0);
    calls.n = 0;
    ald_check(!killed_at(0, act_save, rig.path, 2, &calls));
    for (size_t i = 0; i < calls.n; i++) {
        if (calls.numbers[i] == SYS_fsync) {
            synced = true;
            n_synced++;
        } else if (is_rename(calls.numbers[i])) {
            ald_check(synced); /* since the last one */
            synced = false;
            n_renames++;
        }
    }
    ald_check_int(n_renames, 2); /* the copy of what was, and the flag */
    ald_check_int(n_synced, 3);
    ald_check(synced); /* the folder, last of all */
    folder_rig_fini(&rig);
}

ALD_TEST_MAIN(kill, ALD_CASE(kill, at_no_system_call_does_a_save_lose_a_flag),
              ALD_CASE(kill, at_no_system_call_does_the_first_save_leave_half_a_flag),
              ALD_CASE(kill, at_no_system_call_does_lowering_leave_half_a_flag),
              ALD_CASE(kill, a_save_that_writes_in_place_is_caught),
              ALD_CASE(kill, what_is_renamed_is_on_the_disk_and_the_folder_is_soon))
