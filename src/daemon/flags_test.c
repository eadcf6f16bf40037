#include "daemon/flags.h"

#include <fcntl.h>
#include <sys/file.h>

#include "flag/flag_list.h"
#include "flag/folder_rig.h"
#include "lib/test.h"
#include "loop/loop.h"

static const struct ald_flag model = {
    .id = {{"aldisd", 6}, {"neighbors", 9}, {"file-write", 10}},
    .message = {"cannot write", 12},
    .tags = {"cache,file-system", 17},
    .priority = 97,
};
#define MODEL_FILE "aldisd_neighbors_file-write.flag"

/* A folder, and what the hub makes of it. */
struct deck {
    struct folder_rig rig;
    struct ald_loop *loop;
    struct ald_daemon_flags *flags;
    struct ald_mgmt_flags pages;
};

static void deck_init(struct deck *deck)
{
    deck->rig = folder_rig_make();
    deck->loop = NULL;
    deck->flags = NULL;
    ald_check_int(ald_loop_new(&deck->loop), 0);
    ald_check_int(ald_daemon_flags_new(deck->loop, deck->rig.path, &deck->flags), 0);
    deck->pages = ald_daemon_flags_pages(deck->flags);
}

static void deck_fini(struct deck *deck)
{
    ald_daemon_flags_free(deck->flags);
    ald_loop_free(deck->loop);
    folder_rig_fini(&deck->rig);
}

static uint64_t counted(const struct deck *deck, const char *name)
{
    for (size_t i = 0; i < deck->pages.counters.n; i++) {
        if (strcmp(deck->pages.counters.names[i], name) == 0) {
            return deck->pages.counters.values[i];
        }
    }
    fail_msg("no counter %s", name);
    return 0;
}

/* Turn the loop until it is so; the test's own patience ends it otherwise. */
static void wait_count(struct deck *deck, const char *name, uint64_t n)
{
    while (counted(deck, name) < n) {
        ald_loop_turn(deck->loop, ALD_SEC);
    }
    ald_check_int(counted(deck, name), n);
}

static const struct ald_flag_list *look(const struct deck *deck)
{
    const char *problem;
    const struct ald_flag_list *list = deck->pages.read(deck->pages.owner, &problem);

    ald_check((list == NULL) == (problem != NULL));
    return list;
}

ALD_TEST(flags, without_a_folder_nothing_happens)
{
    ald_daemon_flag_raise(NULL, &model);
    ald_daemon_flag_lower(NULL, &model.id);
    ald_check(ald_daemon_flags_pages(NULL).read == NULL);
    ald_check(ald_daemon_flags_free(NULL) == NULL);
}

ALD_TEST(flags, what_the_hub_raises_is_shown_until_it_lowers_it)
{
    struct deck deck;

    deck_init(&deck);
    ald_check_int(look(&deck)->n_flags, 0);
    ald_daemon_flag_raise(deck.flags, &model);
    ald_daemon_flag_raise(deck.flags, &model);
    wait_count(&deck, "own_raised", 2);
    ald_check_int(look(&deck)->n_flags, 1);
    ald_check_int(look(&deck)->flags[0]->count, 2);
    ald_check_int(look(&deck)->n_urgent, 1);
    ald_daemon_flag_lower(deck.flags, &model.id);
    wait_count(&deck, "own_lowered", 1);
    ald_check_int(look(&deck)->n_flags, 0);
    ald_daemon_flag_lower(deck.flags, &model.id); /* it is not up, which is nothing to tell */
    deck_fini(&deck);
}

ALD_TEST(flags, the_folder_is_read_once_within_a_second)
{
    const struct ald_flag_list *list;
    struct deck deck;

    deck_init(&deck);
    list = look(&deck);
    folder_rig_write(&deck.rig, "a_b_c.flag", "unit=a\nsection=b\nname=c\nmessage=m\n");
    ald_check(look(&deck) == list); /* the loop has not turned: no time has passed */
    ald_check_int(list->n_flags, 0);
    deck_fini(&deck);
}

ALD_TEST(flags, what_is_to_be_lowered_by_hand_stays)
{
    struct ald_flag by_hand = model;
    struct deck deck;

    deck_init(&deck);
    by_hand.manual_down = true;
    ald_daemon_flag_raise(deck.flags, &by_hand);
    ald_daemon_flag_lower(deck.flags, &model.id);
    wait_count(&deck, "own_kept", 1);
    ald_check_int(look(&deck)->n_flags, 1);
    deck_fini(&deck);
}

ALD_TEST(flags, what_cannot_be_raised_is_counted)
{
    struct ald_flag bad = model;
    struct deck deck;

    deck_init(&deck);
    bad.message = ALD_STR("\xff");
    ald_daemon_flag_raise(deck.flags, &bad);
    bad = model;
    bad.id.name = ALD_STR("../x");
    ald_daemon_flag_raise(deck.flags, &bad);
    ald_daemon_flag_lower(deck.flags, &bad.id);
    folder_rig_write(&deck.rig, MODEL_FILE, "broken");
    ald_daemon_flag_lower(deck.flags, &model.id);
    wait_count(&deck, "own_failed", 4);
    ald_check_int(look(&deck)->n_broken, 1);
    deck_fini(&deck);
}

ALD_TEST(flags, a_folder_that_cannot_be_read_is_told_and_counted)
{
    const char *problem = NULL;
    struct ald_mgmt_flags pages;
    struct ald_daemon_flags *flags = NULL;
    struct ald_loop *loop = NULL;

    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_daemon_flags_new(loop, "/dev/null", &flags), 0);
    pages = ald_daemon_flags_pages(flags);
    ald_check(pages.read(pages.owner, &problem) == NULL);
    ald_check_str(ald_str(problem), "/dev/null: Not a directory");
    ald_check(pages.read(pages.owner, &problem) == NULL); /* not tried again at once, and told again */
    ald_check_str(ald_str(problem), "/dev/null: Not a directory");
    ald_daemon_flags_free(flags);
    ald_loop_free(loop);
}

ALD_TEST(flags, too_many_at_once_are_dropped_and_the_rest_is_done_before_the_end)
{
    struct deck deck;
    struct ald_flag_list *list = NULL;
    struct ald_flag_why why;

    deck_init(&deck);
    for (int i = 0; i < ALD_DAEMON_FLAGS_MAX + 3; i++) {
        ald_daemon_flag_raise(deck.flags, &model);
    }
    ald_check_int(counted(&deck, "own_dropped"), 3);
    ald_daemon_flags_free(deck.flags);
    deck.flags = NULL;
    ald_check_int(ald_flag_list_read(deck.rig.path, 0, &list, &why), 0);
    ald_check_int(list->flags[0]->count, ALD_DAEMON_FLAGS_MAX);
    ald_flag_list_free(list);
    deck_fini(&deck);
}

ALD_TEST(flags, who_keeps_the_folder_locked_does_not_hold_up_the_loop_or_the_end)
{
    struct deck deck;
    int fd;

    deck_init(&deck);
    fd = open(deck.rig.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ald_check_int(flock(fd, LOCK_EX), 0);
    for (int i = 0; i < 20; i++) {
        ald_daemon_flag_raise(deck.flags, &model); /* each of them would be waited for: forty seconds, in all */
    }
    ald_check_int(look(&deck)->n_flags, 0);
    deck_fini(&deck);
    close(fd);
}

ALD_TEST_MAIN(flags, ALD_CASE(flags, without_a_folder_nothing_happens),
              ALD_CASE(flags, what_the_hub_raises_is_shown_until_it_lowers_it),
              ALD_CASE(flags, the_folder_is_read_once_within_a_second),
              ALD_CASE(flags, what_is_to_be_lowered_by_hand_stays), ALD_CASE(flags, what_cannot_be_raised_is_counted),
              ALD_CASE(flags, a_folder_that_cannot_be_read_is_told_and_counted),
              ALD_CASE(flags, too_many_at_once_are_dropped_and_the_rest_is_done_before_the_end),
              ALD_CASE(flags, who_keeps_the_folder_locked_does_not_hold_up_the_loop_or_the_end))
