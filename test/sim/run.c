#include "sim/run.h"

#include <inttypes.h>
#include <string.h>

bool sim_run(struct sim_world *world, const struct sim_options *options)
{
    sim_storm(world, options);
    return !sim_broken(world);
}

static void replay_faults(uint64_t faults, FILE *file)
{
    const char *between = " --faults ";

    if (faults == SIM_FAULTS_DRAWN) {
        return;
    }
    if (faults == SIM_FAULTS_NONE || faults == SIM_FAULTS_ALL) {
        fprintf(file, " --faults %s", faults == SIM_FAULTS_NONE ? "none" : "all");
        return;
    }
    for (int fault = 0; fault < SIM_N_FAULTS; fault++) {
        if ((faults & SIM_FAULT_BIT(fault)) != 0) {
            fprintf(file, "%s%s", between, sim_fault_word((enum sim_fault)fault));
            between = ",";
        }
    }
}

void sim_run_replay(const struct sim_options *options, FILE *file)
{
    fprintf(file, "sim run --seed %" PRIu64 " --commands %" PRIu32, options->seed, options->n_commands);
    replay_faults(options->faults, file);
    if (options->sabotage != SIM_SABOTAGE_NONE) {
        fprintf(file, " --sabotage %s", sim_sabotage_word(options->sabotage));
    }
    fprintf(file, "%s\n", options->bytes ? " --bytes" : "");
}

void sim_run_explain(struct sim_world *world, const struct sim_options *options)
{
    struct sim_options told = *options;
    const struct sim_verdict *verdict = &world->verdict;

    told.told = SIM_TOLD_ALL;
    if (sim_run(world, &told)) {
        printf("the run broke and does not break again when it is told: it is not repeatable\n");
        return;
    }
    sim_story_print(world, options->told == SIM_TOLD_ALL ? 0 : verdict->command);
    printf("\nseed %" PRIu64 " breaks the rule \"%s\" (%s)\n", options->seed, sim_rule_text(verdict->rule),
           sim_rule_word(verdict->rule));
    printf("at %.3f ms: ", (double)verdict->at / 1000.0);
    if (verdict->command != 0) {
        printf("command #%" PRIu32 ": ", verdict->command);
    }
    printf("%s\nreplay: ", verdict->text);
    sim_run_replay(options, stdout);
    fflush(stdout);
}
