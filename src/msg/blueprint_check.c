#include "msg/blueprint_check.h"

#include <stdio.h>

#include "base/error.h"
#include "base/printable.h"

enum { NAME_SHOWN_MAX = 128 };

int ald_blueprint_check(const struct ald_blueprint *blueprint, bool is_response, struct ald_schema_checker *checker,
                        struct ald_str payload, char text[ALD_BLUEPRINT_TEXT_MAX])
{
    const struct ald_schema *schema = is_response ? blueprint->response : blueprint->schema;
    const char *what = is_response ? "Response for request" : blueprint->is_event ? "Event" : "Request";
    char name[NAME_SHOWN_MAX], why[ALD_SCHEMA_TEXT_MAX];
    struct ald_schema_fault fault;
    int r;

    if (schema == NULL) {
        return 0;
    }
    r = ald_schema_check(schema, checker, ald_str_present(payload) ? payload : ALD_STR("null"), &fault);
    if (r <= 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    (void)ald_printable(blueprint->name, name, sizeof(name));
    (void)snprintf(text, ALD_BLUEPRINT_TEXT_MAX, "%s %s failed validation: %s", what, name,
                   ald_schema_fault_text(&fault, why));
    return r == ALD_SCHEMA_TOO_MUCH ? ALD_BLUEPRINT_TOO_MUCH : ALD_BLUEPRINT_BROKEN;
}
