#include "report.h"

#include <inttypes.h>
#include <stdio.h>

static void text_print(const char *name, const char *text)
{
    printf(",\"%s\":\"", name);
    for (; *text != '\0'; text++) {
        putchar(*text == '"' || *text == '\\' || (unsigned char)*text < 0x20 ? '\'' : *text);
    }
    putchar('"');
}

void bench_report(const struct ald_load_result *result, const struct bench_cpu *before, const struct bench_cpu *after)
{
    const struct ald_histogram *latency = result->latency;

    printf("{\"succeeded\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"unanswered\":%" PRIu64
           ",\"in_time\":%" PRIu64 ",\"served\":%" PRIu64 ",\"elapsed_us\":%" PRIu64 ",\"connecting_us\":%" PRIu64,
           result->outcomes[ALD_LOAD_SUCCEEDED], result->outcomes[ALD_LOAD_REFUSED], result->outcomes[ALD_LOAD_FAILED],
           result->n_unanswered, result->n_in_time, result->n_served, result->elapsed, result->connecting);
    printf(",\"latency_us\":{\"mean\":%" PRIu64 ",\"p50\":%" PRIu64 ",\"p90\":%" PRIu64 ",\"p99\":%" PRIu64
           ",\"p999\":%" PRIu64 ",\"max\":%" PRIu64 "}",
           ald_histogram_mean(latency), ald_histogram_at(latency, 5000), ald_histogram_at(latency, 9000),
           ald_histogram_at(latency, 9900), ald_histogram_at(latency, 9990), latency->max);
    printf(",\"server\":{\"cpu_us\":%" PRIu64 ",\"user_us\":%" PRIu64 ",\"system_us\":%" PRIu64 "}",
           after->both - before->both, after->user - before->user, after->system - before->system);
    text_print("failure", result->failure);
    text_print("refusal", result->refusal);
    printf("}\n");
}
