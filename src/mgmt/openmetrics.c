#include "mgmt/openmetrics.h"

#include <stdio.h>

#include "base/error.h"
#include "wire/http/http_fields.h"

void ald_metrics_init(struct ald_metrics *metrics, struct ald_buf *out, bool open)
{
    *metrics = (struct ald_metrics){.out = out, .open = open};
}

static void text_push(struct ald_metrics *metrics, struct ald_str text)
{
    if (metrics->status == 0) {
        metrics->status = ald_buf_push(metrics->out, text);
    }
}

/* Backslashes, ends of lines and quotes may not stand as they are, neither in help nor in labels. */
static void escaped_push(struct ald_metrics *metrics, struct ald_str text)
{
    size_t start = 0;

    for (size_t i = 0; i < text.size; i++) {
        const char *escaped = text.data[i] == '\\'   ? "\\\\"
                              : text.data[i] == '\n' ? "\\n"
                              : text.data[i] == '"'  ? "\\\""
                                                     : NULL;

        if (escaped != NULL) {
            text_push(metrics, ald_str_of(text.data + start, i - start));
            text_push(metrics, ald_str(escaped));
            start = i + 1;
        }
    }
    text_push(metrics, ald_str_from(text, start));
}

/* In the older form the type belongs to the name of the samples. */
static const char *family_suffix(const struct ald_metrics *metrics)
{
    if (metrics->open) {
        return "";
    }
    return metrics->type == ALD_METRIC_COUNTER ? "_total" : metrics->type == ALD_METRIC_INFO ? "_info" : "";
}

static const char *sample_suffix(const struct ald_metrics *metrics)
{
    return metrics->type == ALD_METRIC_COUNTER ? "_total" : metrics->type == ALD_METRIC_INFO ? "_info" : "";
}

void ald_metrics_family(struct ald_metrics *metrics, const char *name, enum ald_metric_type type, const char *unit,
                        struct ald_str help)
{
    static const char *const types[] = {
        [ALD_METRIC_COUNTER] = "counter",
        [ALD_METRIC_GAUGE] = "gauge",
        [ALD_METRIC_HISTOGRAM] = "histogram",
        [ALD_METRIC_INFO] = "info",
    };
    const char *suffix;

    metrics->family = name;
    metrics->type = type;
    suffix = family_suffix(metrics);
    if (metrics->status != 0) {
        return;
    }
    metrics->status = ald_buf_pushf(metrics->out, "# TYPE %s%s %s\n", name, suffix,
                                    type == ALD_METRIC_INFO && !metrics->open ? "gauge" : types[type]);
    if (metrics->status == 0 && unit != NULL && metrics->open) {
        metrics->status = ald_buf_pushf(metrics->out, "# UNIT %s %s\n", name, unit);
    }
    if (metrics->status == 0) {
        metrics->status = ald_buf_pushf(metrics->out, "# HELP %s%s ", name, suffix);
    }
    escaped_push(metrics, help);
    text_push(metrics, ALD_STR("\n"));
}

static void labels_push(struct ald_metrics *metrics, const struct ald_metric_label *labels, size_t n_labels)
{
    for (size_t i = 0; i < n_labels; i++) {
        text_push(metrics, i == 0 ? ALD_STR("{") : ALD_STR(","));
        text_push(metrics, ald_str(labels[i].name));
        text_push(metrics, ALD_STR("=\""));
        escaped_push(metrics, labels[i].value);
        text_push(metrics, ALD_STR("\""));
    }
    if (n_labels > 0) {
        text_push(metrics, ALD_STR("}"));
    }
}

static void name_push(struct ald_metrics *metrics, const char *suffix, const struct ald_metric_label *labels,
                      size_t n_labels)
{
    text_push(metrics, ald_str(metrics->family));
    text_push(metrics, ald_str(suffix));
    labels_push(metrics, labels, n_labels);
}

static void number_push(struct ald_metrics *metrics, uint64_t value)
{
    if (metrics->status == 0) {
        metrics->status = ald_buf_pushf(metrics->out, " %llu\n", (unsigned long long)value);
    }
}

static void micro_push(struct ald_metrics *metrics, uint64_t micro)
{
    if (metrics->status == 0) {
        metrics->status = ald_buf_pushf(metrics->out, " %llu.%06llu\n", (unsigned long long)(micro / 1000000),
                                        (unsigned long long)(micro % 1000000));
    }
}

void ald_metrics_value(struct ald_metrics *metrics, const struct ald_metric_label *labels, size_t n_labels,
                       uint64_t value)
{
    name_push(metrics, sample_suffix(metrics), labels, n_labels);
    number_push(metrics, value);
}

void ald_metrics_micro(struct ald_metrics *metrics, const struct ald_metric_label *labels, size_t n_labels,
                       uint64_t micro)
{
    name_push(metrics, sample_suffix(metrics), labels, n_labels);
    micro_push(metrics, micro);
}

/* A bound as OpenMetrics wants it ("Numbers"): "0.005", "1.0". */
static struct ald_str bound_write(uint64_t micro, char text[32])
{
    size_t size = (size_t)snprintf(text, 32, "%llu.%06llu", (unsigned long long)(micro / 1000000),
                                   (unsigned long long)(micro % 1000000));

    while (text[size - 1] == '0' && text[size - 2] != '.') {
        size--;
    }
    return ald_str_of(text, size);
}

void ald_metrics_histogram(struct ald_metrics *metrics, const struct ald_metric_label *label,
                           const struct ald_metric_histogram *histogram)
{
    struct ald_metric_label labels[2] = {*label, {"le", ALD_STR("+Inf")}};
    uint64_t n = 0;
    char text[32];

    for (size_t i = 0; i <= histogram->n_bounds; i++) {
        n += histogram->counts[i];
        labels[1].value = i < histogram->n_bounds ? bound_write(histogram->bounds[i], text) : ALD_STR("+Inf");
        name_push(metrics, "_bucket", labels, 2);
        number_push(metrics, n);
    }
    name_push(metrics, "_count", label, 1);
    number_push(metrics, n);
    name_push(metrics, "_sum", label, 1);
    micro_push(metrics, histogram->sum_micro);
}

int ald_metrics_done(struct ald_metrics *metrics)
{
    if (metrics->open) {
        text_push(metrics, ALD_STR("# EOF\n"));
    }
    return metrics->status < 0 ? ald_trace(metrics->status) : metrics->status;
}

/* The weight in thousandths that the parameters of a media range give it (RFC 9110 section 12.4.2); what is none: 1. */
static unsigned item_weight(struct ald_str item)
{
    size_t at = ald_str_find(item, ALD_STR("q="));
    unsigned weight = 0, digit = 100;

    if (at == item.size || at == 0 || (item.data[at - 1] != ';' && item.data[at - 1] != ' ')) {
        return 1000;
    }
    item = ald_str_from(item, at + 2);
    if (item.size == 0 || item.data[0] != '0') {
        return 1000;
    }
    for (size_t i = 2; i < item.size && digit > 0 && item.data[i] >= '0' && item.data[i] <= '9'; i++) {
        weight += digit * (unsigned)(item.data[i] - '0');
        digit /= 10;
    }
    return weight;
}

bool ald_metrics_open_wanted(struct ald_str accept)
{
    unsigned open = 0, plain = 0, anything = 0;
    struct ald_str item;

    if (!ald_str_present(accept)) {
        return true;
    }
    while (ald_http_list_next(&accept, &item)) {
        struct ald_str name = ald_http_item_name(item);

        if (ald_str_equal_nocase(name, ALD_STR("application/openmetrics-text"))) {
            open = item_weight(item);
        } else if (ald_str_equal_nocase(name, ALD_STR("text/plain")) || ald_str_equal_nocase(name, ALD_STR("text/*")) ||
                   ald_str_equal_nocase(name, ALD_STR("text/html"))) {
            plain = ALD_MAX(plain, item_weight(item));
        } else if (ald_str_equal(name, ALD_STR("*/*"))) {
            anything = item_weight(item);
        }
    }
    return open > 0 ? open >= plain : plain <= 0 || plain < anything;
}

const char *ald_metrics_type(bool open)
{
    return open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8";
}
