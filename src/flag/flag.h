#pragma once

/*
 * Flag: one message to an administrator that something is wrong, as it stands in a file (communicator.md section 8).
 *
 * A flag is up while its file is there: raising it again counts it once more, lowering it removes the file. Here are what
 * a flag is and what its file says; where files lie is flag_store.h. This code is pure.
 *
 * The file: three lines of comment, then `key=value` lines in the order of their keys. In a value `\` is written `\\`,
 * and a line end `\n`, a carriage return `\r`, a tab `\t`. The original doubles `\` in the same way, so nothing that it
 * wrote can be taken for one of these, but it writes line ends as they are: what follows `message=` and begins with no
 * key that is known is read as more of the message. Blanks around a value belong to nobody, and one pair of quotes
 * around it is dropped, as the original does; a value that would lose something by that is written between quotes.
 */

#include "base/buf.h"
#include "base/str.h"

enum {
    /* The three parts of a name together: `.`, they with two `_`, `.flag.bak.tmp` is the longest name of a file made here,
     * and file systems give it 255 bytes. */
    ALD_FLAG_PARTS_MAX = 239,
    ALD_FLAG_FILE_ROOM = 256, /* a file name with its terminator */
    /* An administrator reads it; a log belongs elsewhere. */
    ALD_FLAG_MESSAGE_MAX = 8 * 1024,
    ALD_FLAG_SOURCE_MAX = 1024, /* source_file, and function */
    ALD_FLAG_TAGS_MAX = 1024,   /* all of them, with the commas between them */
    /* What is raised here is at most twice as long as the above together; a file beyond it is none of a flag. A hundred
     * of them, each byte of which takes six in JSON, fit into one answer of the API. */
    ALD_FLAG_FILE_MAX = 32 * 1024,
    ALD_FLAG_PRIORITY_MAX = 100,
    ALD_FLAG_PRIORITY_DEFAULT = 5,
    ALD_FLAG_PRIORITY_URGENT = 50 /* from here on it is meant to be mailed to somebody */
};

#define ALD_FLAG_SUFFIX ".flag"

/* Who raised it, about which of its parts, and what it is: letters, digits and single `-`, beginning with a letter and not
 * ending in `-`. Upper case is lowered. `_` separates the parts in the name of the file and is in none of them. */
struct ald_flag_id {
    struct ald_str unit, section, name;
};

/* Text that is read from a file is UTF-8, ends with a NUL, has none inside, and lives as long as its flag. */
struct ald_flag {
    struct ald_flag_id id;
    struct ald_str message;
    struct ald_str hostname, version;     /* of the machine and the library; absent: not known */
    struct ald_str source_file, function; /* absent: not known */
    struct ald_str tags;                  /* separated by commas; absent: none */
    uint64_t line;                        /* of source_file; 0: not known */
    uint64_t count;                       /* how often it was raised; from 1 */
    uint64_t date, modified;              /* raised first, and last: seconds since 1970; 0: not known */
    uint8_t priority;                     /* 0 to ALD_FLAG_PRIORITY_MAX */
    bool manual_down;                     /* whoever raised it does not lower it: an administrator does */
};

/* One line on what is wrong, for people. */
struct ald_flag_why {
    char text[320];
};

/* What was given is no flag, or no file of one; `ret_why` says why. */
enum { ALD_FLAG_BAD = 1 };

/* Write the name of its file, UNIT_SECTION_NAME.flag, lowered. Outcome: ALD_FLAG_BAD. */
ALD_NODISCARD int ald_flag_file_name(const struct ald_flag_id *id, char ret_file[ALD_FLAG_FILE_ROOM],
                                     struct ald_flag_why *ret_why);
/* Take such a name apart; `ret_id` borrows it. Outcome: ALD_FLAG_BAD. */
ALD_NODISCARD int ald_flag_file_id(struct ald_str file, struct ald_flag_id *ret_id, struct ald_flag_why *ret_why);

/* Is it a flag that can be raised: its message, its tags, where it comes from? Its id is for ald_flag_file_name().
 * Outcome: ALD_FLAG_BAD. */
ALD_NODISCARD int ald_flag_check(const struct ald_flag *flag, struct ald_flag_why *ret_why);

/* Take the next tag, without blanks around it, off `*tags`; false at their end. */
bool ald_flag_next_tag(struct ald_str *tags, struct ald_str *ret_tag);

/* A priority within its bounds. */
uint8_t ald_flag_priority(int64_t priority);

/* Append the text of its file; tags are lowered. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_flag_format(const struct ald_flag *flag, struct ald_buf *out);

/*
 * Gives the flag that a file tells of. Unit, section, name and message must be there; of the rest, what makes no sense
 * is as if it were not. Outcome: ALD_FLAG_BAD. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_flag_parse(struct ald_str text, struct ald_flag **ret_flag, struct ald_flag_why *ret_why);
/* Gives a copy with texts of its own. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_flag_copy(const struct ald_flag *flag, struct ald_flag **ret_flag);
/* One that was given by these two. NULL is fine; returns NULL. */
struct ald_flag *ald_flag_free(struct ald_flag *flag);
ALD_DEFINE_CLEANUP(struct ald_flag *, ald_flag_free);

/* What goes before whom in a list: the more urgent, then by name. For qsort(), of pointers to flags. */
int ald_flag_compare(const void *a, const void *b);
