#include "lib/test.h"

#include <signal.h>
#include <stdio.h>

#include "loop/loop.h"
#include "loop/process.h"

struct parent {
    struct ald_loop *loop;
    struct ald_process *process;
    struct ald_process_end end;
    char output[256], error[256];
    size_t output_size;
    int n_ends;
};

static void parent_hear(void *owner, const struct ald_process_end *end)
{
    struct parent *parent = owner;

    parent->end = *end;
    parent->output_size = end->output.size;
    snprintf(parent->output, sizeof(parent->output), "%.*s", ALD_STR_ARG(end->output));
    snprintf(parent->error, sizeof(parent->error), "%.*s", ALD_STR_ARG(end->error));
    parent->n_ends++;
    parent->process = ald_process_close(parent->process);
}

static int parent_start(struct parent *parent, const char *script, struct ald_str input)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    const struct ald_process_spec spec = {.argv = argv, .input = input, .output_max = 1000};

    *parent = (struct parent){0};
    ald_check_int(ald_loop_new(&parent->loop), 0);
    return ald_process_new(parent->loop, &spec, parent_hear, parent, &parent->process);
}

static void parent_run(struct parent *parent, const char *script, struct ald_str input)
{
    ald_check_int(parent_start(parent, script, input), 0);
    ald_loop_run(parent->loop);
    ald_check_int(parent->n_ends, 1);
    ald_check(ald_loop_free(parent->loop) == NULL);
}

ALD_TEST(process, gets_its_input_and_gives_its_outputs_and_status)
{
    struct parent parent;

    parent_run(&parent, "cat; echo bad >&2; exit 3", ALD_STR("hello"));
    ald_check_int(parent.end.status, 3);
    ald_check_int(parent.end.signal, 0);
    ald_check_str(ald_str(parent.output), "hello");
    ald_check_str(ald_str(parent.error), "bad\n");
    ald_check(!parent.end.output_cut && !parent.end.error_cut);
}

ALD_TEST(process, takes_an_input_larger_than_any_pipe)
{
    struct parent parent;
    size_t size = 4 * ALD_MIB;
    char *bytes = calloc(1, size);

    ald_check(bytes != NULL);
    parent_run(&parent, "wc -c", ald_str_of(bytes, size));
    ald_check_str(ald_str(parent.output), "4194304\n");
    parent_run(&parent, "exit 0", ald_str_of(bytes, size)); /* one that does not read it does no harm */
    ald_check_int(parent.end.status, 0);
    free(bytes);
}

ALD_TEST(process, is_cut_when_it_says_too_much_but_not_blocked)
{
    struct parent parent;

    parent_run(&parent, "head -c 300000 /dev/zero | tr '\\0' x; exit 4", ALD_STR(""));
    ald_check_int(parent.end.status, 4);
    ald_check_int(parent.output_size, 1000);
    ald_check(parent.end.output_cut);
}

ALD_TEST(process, tells_the_signal_that_ended_it)
{
    struct parent parent;

    parent_run(&parent, "kill -9 $$", ALD_STR(""));
    ald_check_int(parent.end.status, -1);
    ald_check_int(parent.end.signal, SIGKILL);
}

ALD_TEST(process, ends_although_a_grandchild_holds_its_output)
{
    struct parent parent;
    ald_usec start = ald_loop_fresh();

    parent_run(&parent, "sleep 20 & echo $!", ALD_STR(""));
    ald_check_int(parent.end.status, 0);
    ald_check(ald_loop_fresh() < start + 15 * ALD_SEC);
    kill((pid_t)atoi(parent.output), SIGKILL);
}

ALD_TEST(process, is_killed_and_reaped_when_it_is_closed)
{
    struct parent parent;
    ald_usec start = ald_loop_fresh();

    ald_check_int(parent_start(&parent, "exec sleep 20", ALD_STR("")), 0);
    parent.process = ald_process_close(parent.process);
    ald_check(ald_loop_free(parent.loop) == NULL);
    ald_check_int(parent.n_ends, 0);
    ald_check(ald_loop_fresh() < start + 15 * ALD_SEC);
}

ALD_TEST(process, that_does_not_exist_is_an_error)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    const char *argv[] = {"no-such-program-anywhere", NULL};
    const struct ald_process_spec spec = {.argv = argv, .input = ALD_STR("x"), .output_max = 10};
    struct ald_process *process = NULL;

    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_process_new(loop, &spec, parent_hear, NULL, &process), ALDIS_E_IO);
    ald_check(process == NULL);
}

ALD_TEST_MAIN(process, ALD_CASE(process, gets_its_input_and_gives_its_outputs_and_status),
              ALD_CASE(process, takes_an_input_larger_than_any_pipe),
              ALD_CASE(process, is_cut_when_it_says_too_much_but_not_blocked),
              ALD_CASE(process, tells_the_signal_that_ended_it),
              ALD_CASE(process, ends_although_a_grandchild_holds_its_output),
              ALD_CASE(process, is_killed_and_reaped_when_it_is_closed),
              ALD_CASE(process, that_does_not_exist_is_an_error))
