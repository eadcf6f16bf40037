/* GET /api/v1/openapi.json: the description of the API, as it was when the program was built. */

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

extern const unsigned char ald_openapi[];
extern const size_t ald_openapi_size;

int ald_mgmt_openapi(struct ald_mgmt_call *call)
{
    int r = ald_buf_push(&call->page->body, ald_str_of(ald_openapi, ald_openapi_size));

    return r < 0 ? ald_trace(r) : 0;
}
