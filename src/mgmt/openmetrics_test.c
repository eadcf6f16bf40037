#include "mgmt/openmetrics.h"

#include "base/error.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"

static void text_write(struct ald_metrics *metrics)
{
    static const uint64_t bounds[] = {1000, 2000000}, counts[] = {1, 0, 2};
    static const struct ald_metric_histogram histogram = {bounds, counts, 2, 3500001};
    const struct ald_metric_label label = {"name", ALD_STR("a\"b\\c\nd")};

    ald_metrics_family(metrics, "x", ALD_METRIC_COUNTER, NULL, ALD_STR("Said \"so\"."));
    ald_metrics_value(metrics, &label, 1, 7);
    ald_metrics_family(metrics, "y_bytes", ALD_METRIC_GAUGE, "bytes", ALD_STR("Bytes."));
    ald_metrics_value(metrics, NULL, 0, 0);
    ald_metrics_family(metrics, "build", ALD_METRIC_INFO, NULL, ALD_STR("What."));
    ald_metrics_value(metrics, &label, 1, 1);
    ald_metrics_family(metrics, "t_seconds", ALD_METRIC_HISTOGRAM, "seconds", ALD_STR("Time."));
    ald_metrics_histogram(metrics, &(struct ald_metric_label){"outcome", ALD_STR("o")}, &histogram);
}

#define LABEL "{name=\"a\\\"b\\\\c\\nd\"}"
#define HISTOGRAM                                                                                                      \
    "t_seconds_bucket{outcome=\"o\",le=\"0.001\"} 1\n"                                                                 \
    "t_seconds_bucket{outcome=\"o\",le=\"2.0\"} 1\n"                                                                   \
    "t_seconds_bucket{outcome=\"o\",le=\"+Inf\"} 3\n"                                                                  \
    "t_seconds_count{outcome=\"o\"} 3\n"                                                                               \
    "t_seconds_sum{outcome=\"o\"} 3.500001\n"

static void writes(bool open, const char *expected)
{
    struct ald_metrics metrics;
    struct ald_buf buf;

    ald_buf_init(&buf, 4096);
    ald_metrics_init(&metrics, &buf, open);
    text_write(&metrics);
    ald_check_int(ald_metrics_done(&metrics), 0);
    ald_check_str(ald_buf_str(&buf), expected);
    ald_buf_fini(&buf);
}

ALD_TEST(openmetrics, writes_as_the_standard_has_it)
{
    writes(true, "# TYPE x counter\n# HELP x Said \\\"so\\\".\nx_total" LABEL " 7\n"
                 "# TYPE y_bytes gauge\n# UNIT y_bytes bytes\n# HELP y_bytes Bytes.\ny_bytes 0\n"
                 "# TYPE build info\n# HELP build What.\nbuild_info" LABEL " 1\n"
                 "# TYPE t_seconds histogram\n# UNIT t_seconds seconds\n# HELP t_seconds Time.\n" HISTOGRAM "# EOF\n");
}

ALD_TEST(openmetrics, writes_the_older_form)
{
    writes(false, "# TYPE x_total counter\n# HELP x_total Said \\\"so\\\".\nx_total" LABEL " 7\n"
                  "# TYPE y_bytes gauge\n# HELP y_bytes Bytes.\ny_bytes 0\n"
                  "# TYPE build_info gauge\n# HELP build_info What.\nbuild_info" LABEL " 1\n"
                  "# TYPE t_seconds histogram\n# HELP t_seconds Time.\n" HISTOGRAM);
}

ALD_TEST(openmetrics, says_so_when_there_is_no_room)
{
    struct ald_metrics metrics;
    struct ald_buf buf;

    for (size_t room = 0; room < 300; room += 7) {
        ald_buf_init(&buf, room);
        ald_metrics_init(&metrics, &buf, true);
        text_write(&metrics);
        ald_check_int(ald_metrics_done(&metrics), ALD_BUF_FULL);
        ald_buf_fini(&buf);
    }
    ald_buf_init(&buf, 4096);
    ald_metrics_init(&metrics, &buf, true);
    ald_alloc_fail_at(1);
    text_write(&metrics);
    ald_check(ald_alloc_fail_off());
    ald_check_int(ald_metrics_done(&metrics), ALDIS_E_NOMEM);
    ald_buf_fini(&buf);
}

ALD_TEST(openmetrics, is_wanted_unless_plain_text_is_liked_better)
{
    static const char *const open[] = {"",
                                       "*/*",
                                       "application/json",
                                       "application/openmetrics-text",
                                       "text/plain;q=0.5, application/openmetrics-text;q=0.5",
                                       "text/plain;q=0.1,*/*",
                                       "Application/OpenMetrics-Text; version=1.0.0; q=0.001"};
    static const char *const plain[] = {"text/plain", "text/*;q=0.3, application/openmetrics-text;q=0.25",
                                        "text/html,*/*;q=0.8", "application/openmetrics-text;q=0, text/plain",
                                        "text/plain;version=0.0.4;q=1.000"};

    ald_check(ald_metrics_open_wanted(ALD_STR_NONE));
    for (size_t i = 0; i < ALD_COUNT(open); i++) {
        ald_check(ald_metrics_open_wanted(ald_str(open[i])));
    }
    for (size_t i = 0; i < ALD_COUNT(plain); i++) {
        ald_check(!ald_metrics_open_wanted(ald_str(plain[i])));
    }
}

ALD_TEST_MAIN(openmetrics, ALD_CASE(openmetrics, writes_as_the_standard_has_it),
              ALD_CASE(openmetrics, writes_the_older_form), ALD_CASE(openmetrics, says_so_when_there_is_no_room),
              ALD_CASE(openmetrics, is_wanted_unless_plain_text_is_liked_better))
