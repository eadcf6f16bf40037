#pragma once

/*
 * Vector files: frames as bytes, what they mean, and back.
 *
 *     == one line that says what this shows
 *     variant v1 | legacy | extended | link
 *                                 link: the party is another hub, which calls
 *     reader hub | party          whose end reads; `new` behind it: before any hello
 *     asked health|primary|leave|hello
 *                                 what the reader asked before, so that "c1" in the frame is the id of that question
 *     request NAME                the command that the reply in the frame answers
 *     frame BYTES                 to the end of the line, a binary message; `text BYTES`: a text message
 *     signal LINE                 what comes out, in order, as pair_print() shows it; `<uuid>` stands for any
 *     answer BYTES                frames that go back, in order
 *     count NAME                  a counter that goes up
 *     back                        the other end, told the same, writes the same bytes
 *     back BYTES                  ... these bytes; `<uuid>` stands for any
 *
 * Lines that begin with `#`, and empty ones, mean nothing.
 */

#include "base/str.h"
#include "wire/dialect.h"

enum { VECTOR_LINES_MAX = 6 };

struct vector {
    struct ald_str title;
    unsigned line; /* of the title */
    uint32_t variant;
    enum ald_role reader;
    bool fresh;
    int asked; /* enum ald_signal_kind, or -1 */
    struct ald_str request;
    struct ald_str frame;
    enum ald_frame_kind kind;
    struct ald_str signals[VECTOR_LINES_MAX];
    struct ald_str answers[VECTOR_LINES_MAX];
    struct ald_str counts[VECTOR_LINES_MAX];
    size_t n_signals, n_answers, n_counts;
    bool goes_back;
    struct ald_str back; /* absent: as `frame` */
};

/* Read the next vector of `*text`; false at its end. `*line` counts lines, from 0. Exits when the file is wrong. */
bool vector_read(struct ald_str *text, unsigned *line, struct vector *ret_vector);

/* Does `actual` look like `expected`, where `<uuid>` stands for any UUID? */
bool vector_match(struct ald_str expected, struct ald_str actual);
