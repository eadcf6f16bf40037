#pragma once

/*
 * What the other headers of aldis share: how a public function is marked. Everything without the mark stays inside the
 * library, and cannot be linked to.
 *
 * Names:      functions, structs and constants begin with `aldis_` and `ALDIS_`. Nothing else is exported.
 * Text:       UTF-8 that ends with a NUL. A NUL inside of a name that came over the wire cuts what you see of it.
 * Times:      milliseconds, as the name says (`deadline_ms`). A span, never an instant, because clocks differ.
 * Results:    0 is success. Negative is an error of <aldis/errors.h>: we are broken or out of something, or an argument
 *             makes no sense. Positive is an outcome, which the function that may give it documents.
 * Ownership:  a function *borrows* what it needs for the call only, *takes* what it owns after it succeeded, and
 *             *gives* what the caller owns from then on, through a parameter called `ret_...`, written only on success.
 * Arguments:  a NULL where none is allowed, text that is not UTF-8, a name over 255 bytes, a payload that is not JSON:
 *             each is ALDIS_E_INVALID, and nothing was done. Functions that free accept NULL.
 */

#ifdef __cplusplus
#define ALDIS_EXTERN_BEGIN extern "C" {
#define ALDIS_EXTERN_END }
#else
#define ALDIS_EXTERN_BEGIN
#define ALDIS_EXTERN_END
#endif

#define ALDIS_API __attribute__((visibility("default")))
/* A result that nobody looks at is a mistake. */
#define ALDIS_RESULT __attribute__((warn_unused_result))
