#pragma once

/*
 * Dashboard: the files of the page at `/`, as they were when the program was built. They live for ever.
 *
 * `dashboard/table.cmake` writes the table from the folder `dashboard/`; mgmt_dashboard.c serves it.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_dashboard_file {
    const char *name; /* without a folder */
    const char *type; /* Content-Type */
    const char *etag; /* with its quotes; changes when a byte does */
    struct ald_str bytes;
};

extern const struct ald_dashboard_file ald_dashboard_files[]; /* by name */
extern const size_t ald_dashboard_n_files;

struct ald_mgmt_call;

/* GET /assets/NAME; the one at "/" is ald_mgmt_root(). Errors: ALDIS_E_NOMEM. */
int ald_mgmt_asset(struct ald_mgmt_call *call);
