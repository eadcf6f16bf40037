#include "cli/params.h"

#include "base/buf.h"
#include "base/error.h"
#include "cli/payload.h"
#include "msg/json_write.h"

static bool byte_is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static struct ald_str name_of(const char *operand)
{
    size_t size = 0;

    while (byte_is_letter(operand[size]) || (size > 0 && operand[size] >= '0' && operand[size] <= '9')) {
        size++;
    }
    return ald_str_of(operand, operand[size] == '=' ? size : 0);
}

bool ald_params_fits(const char *operand)
{
    return name_of(operand).size > 0;
}

static bool is_repeated(const char *const *operands, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (ald_str_equal(name_of(operands[i]), name_of(operands[at]))) {
            return true;
        }
    }
    return false;
}

static int params_write(struct ald_buf *buf, const char *const *operands, size_t n)
{
    struct ald_json_writer json;

    ald_json_write_init(&json, buf, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    for (size_t i = 0; i < n; i++) {
        struct ald_str name = name_of(operands[i]);

        ald_json_write_name(&json, name);
        ald_json_write_str(&json, ald_str(operands[i] + name.size + 1));
    }
    ald_json_write_end(&json);
    return ald_json_write_done(&json);
}

int ald_params_read(const char *const *operands, size_t n, struct ald_slice *ret_payload, size_t *ret_at)
{
    struct ald_buf buf;
    int r;

    for (size_t i = 0; i < n; i++) {
        if (!ald_params_fits(operands[i]) || is_repeated(operands, i)) {
            *ret_at = i;
            return ALD_PARAMS_BAD;
        }
    }
    ald_buf_init(&buf, ALD_PAYLOAD_MAX);
    r = params_write(&buf, operands, n);
    r = r == 0 ? ald_slice_copy(ald_buf_str(&buf), ret_payload) : r;
    ald_buf_fini(&buf);
    return r == 0 ? 0 : ald_trace(r < 0 ? r : ALDIS_E_NOMEM); /* what came on one command line is no 13 MB */
}
