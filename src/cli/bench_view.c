#include "cli/bench_view.h"

#include <inttypes.h>

#include "base/error.h"
#include "cli/grid.h"
#include "msg/json_write.h"

static const char *const view_outcomes[] = {
    [ALD_LOAD_SUCCEEDED] = "succeeded",
    [ALD_LOAD_REFUSED] = "refused",
    [ALD_LOAD_FAILED] = "failed",
};
_Static_assert(ALD_COUNT(view_outcomes) == ALD_LOAD_OUTCOMES, "each has its word");

/* Of ten thousand, and what people and programs call it. */
static const struct {
    unsigned permyriad;
    const char *title;
    const char *name;
} view_shares[] = {
    {5000, "50 %", "p50"},    {9000, "90 %", "p90"}, {9900, "99 %", "p99"},
    {9990, "99.9 %", "p999"}, {10000, "max", "max"},
};

static uint64_t view_rate(const struct ald_load_result *result)
{
    return result->elapsed > 0 ? result->n_in_time * ALD_SEC / result->elapsed : 0;
}

void ald_bench_view_progress(FILE *out, enum ald_load_phase phase, size_t n_ready, size_t n_peers, uint64_t n_answered,
                             ald_usec elapsed)
{
    switch (phase) {
    case ALD_LOAD_CONNECTING:
        fprintf(out, "\r\033[Kconnecting: %zu of %zu", n_ready, n_peers);
        break;
    case ALD_LOAD_WARMING:
        fprintf(out, "\r\033[Kwarming up");
        break;
    case ALD_LOAD_MEASURING:
        fprintf(out, "\r\033[Kmeasuring: %.1f s, %" PRIu64 " answered, %" PRIu64 " a second; Ctrl-C ends it",
                (double)elapsed / ALD_SEC, n_answered, elapsed > 0 ? n_answered * ALD_SEC / elapsed : 0);
        break;
    default:
        fprintf(out, "\r\033[Kwaiting for the last answers");
        break;
    }
    fflush(out);
}

void ald_bench_view_clear(FILE *out)
{
    fprintf(out, "\r\033[K");
    fflush(out);
}

static int view_latency(FILE *out, const struct ald_histogram *latency)
{
    struct ald_grid_column columns[ALD_COUNT(view_shares) + 1];
    struct ald_grid grid;
    char text[32];
    int r = 0;

    columns[0] = (struct ald_grid_column){"LATENCY", false};
    for (size_t i = 0; i < ALD_COUNT(view_shares); i++) {
        columns[i + 1] = (struct ald_grid_column){view_shares[i].title, true};
    }
    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    r = ald_grid_add(&grid, "ms");
    for (size_t i = 0; i < ALD_COUNT(view_shares) && r == 0; i++) {
        snprintf(text, sizeof(text), "%.3f", (double)ald_histogram_at(latency, view_shares[i].permyriad) / ALD_MSEC);
        r = ald_grid_add(&grid, text);
    }
    if (r == 0) {
        ald_grid_print(&grid, out);
    }
    ald_grid_fini(&grid);
    return r < 0 ? ald_trace(r) : 0;
}

static void view_what(FILE *out, const struct ald_load_spec *spec)
{
    fprintf(out, "%zu caller%s, ", spec->n_callers, spec->n_callers == 1 ? "" : "s");
    if (spec->rate > 0) {
        fprintf(out, "%" PRIu64 " commands a second", spec->rate);
    } else {
        fprintf(out, "%zu in flight each", spec->in_flight);
    }
    fprintf(out, ", payloads of %zu bytes, to %s", spec->size, spec->target);
    if (spec->n_agents > 0) {
        fprintf(out, " (%zu agent%s of our own)", spec->n_agents, spec->n_agents == 1 ? "" : "s");
    }
    fprintf(out, "\n");
}

int ald_bench_view_table(FILE *out, const struct ald_load_spec *spec, const struct ald_load_result *result)
{
    view_what(out, spec);
    fprintf(out, "%" PRIu64 " a second in %.2f s:", view_rate(result), (double)result->elapsed / ALD_SEC);
    for (size_t i = 0; i < ALD_LOAD_OUTCOMES; i++) {
        fprintf(out, "%s %" PRIu64 " %s", i > 0 ? "," : "", result->outcomes[i], view_outcomes[i]);
    }
    fprintf(out, ", %" PRIu64 " unanswered\n\n", result->n_unanswered);
    return view_latency(out, result->latency);
}

static void json_spec(struct ald_json_writer *json, const struct ald_load_spec *spec)
{
    ald_json_write_member_str(json, "target", ald_str(spec->target));
    ald_json_write_member_str(json, "mode", ald_str(spec->mode != NULL ? spec->mode : "any"));
    ald_json_write_member_u64(json, "agents", spec->n_agents);
    ald_json_write_member_u64(json, "callers", spec->n_callers);
    if (spec->rate > 0) {
        ald_json_write_member_u64(json, "rate", spec->rate);
    } else {
        ald_json_write_member_u64(json, "in_flight", spec->in_flight);
    }
    ald_json_write_member_u64(json, "size", spec->size);
}

static void json_result(struct ald_json_writer *json, const struct ald_load_result *result)
{
    ald_json_write_member_u64(json, "elapsed_us", result->elapsed);
    for (size_t i = 0; i < ALD_LOAD_OUTCOMES; i++) {
        ald_json_write_member_u64(json, view_outcomes[i], result->outcomes[i]);
    }
    ald_json_write_member_u64(json, "unanswered", result->n_unanswered);
    ald_json_write_member_u64(json, "per_second", view_rate(result));
    ald_json_write_name(json, ALD_STR("latency_us"));
    ald_json_write_object(json);
    ald_json_write_member_u64(json, "mean", ald_histogram_mean(result->latency));
    for (size_t i = 0; i < ALD_COUNT(view_shares); i++) {
        ald_json_write_member_u64(json, view_shares[i].name,
                                  ald_histogram_at(result->latency, view_shares[i].permyriad));
    }
    ald_json_write_end(json);
}

int ald_bench_view_json(FILE *out, const struct ald_load_spec *spec, const struct ald_load_result *result)
{
    struct ald_json_writer json;
    struct ald_buf text;
    int r;

    ald_buf_init(&text, 16 * ALD_KIB);
    ald_json_write_init(&json, &text, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    json_spec(&json, spec);
    json_result(&json, result);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    if (r == 0) {
        fprintf(out, "%.*s\n", ALD_STR_ARG(ald_buf_str(&text)));
    }
    ald_buf_fini(&text);
    /* Names are at most 255 bytes, so it fits. */
    ald_assert(r <= 0);
    return r < 0 ? ald_trace(r) : 0;
}
