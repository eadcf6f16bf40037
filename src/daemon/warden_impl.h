#pragma once

/* The inside of the warden, for its own files only. */

#include <sys/stat.h>

#include "base/list.h"
#include "daemon/warden.h"
#include "loop/loop.h"

struct ald_catalog;

/* What changes when a file does. All zero: there is none. */
struct ald_warden_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed, modified;
};

struct ald_warden {
    struct ald_auth *auth;
    struct ald_loop *loop;
    struct ald_edge *edge; /* NULL: it is not there yet */
    char *path;
    struct ald_str controller;
    struct ald_guard guard;
    struct ald_node passes; /* all of them */
    struct ald_alarm alarm;
    struct ald_warden_stamp read, seen; /* the file that was read; the file as it was when last looked at */
    struct ald_warden_counters counters;
};

/* A target that is served under a pass, by one party of its connection. */
struct ald_served {
    struct ald_served *next;
    uint32_t party;
    size_t size;
    char target[];
};

struct ald_pass {
    struct ald_node node;                  /* warden->passes */
    const struct ald_principal *principal; /* within the newest rules */
    struct ald_served *served;
    void (*expel)(void *who); /* NULL: nobody stays */
    void *who;
    uint8_t kind;  /* enum ald_principal_kind, which says what of the credential is kept */
    uint8_t needs; /* enum ald_guest_manage, of who stays */
    bool proved;   /* by a signed token, which was made at `issued` for `name` */
    uint64_t issued;
    uint8_t hash[ALD_AUTH_HASH];
    uint64_t user;
    size_t name_size;
    char name[]; /* of a subject, or proved */
};

/* The functions of the guard; its owner is the warden. */
void ald_warden_guard_init(struct ald_warden *warden);
/* What messages must look like, and take; NULL: nobody has said. */
const struct ald_catalog *ald_warden_catalog(const struct ald_warden *warden);
/* May `principal` send messages of `name`, as far as their schema asks for a permission? */
bool ald_warden_holds(const struct ald_warden *warden, const struct ald_principal *principal, struct ald_str name);

/* End what somebody subscribed to and may hear no more, by the newest rules and schemas. */
void ald_warden_end_subscriptions(struct ald_warden *warden);

/* What a guard shows; see guard.h. */
ALD_NODISCARD int ald_warden_rights(const struct ald_warden *warden, const struct ald_pass *pass, struct ald_buf *out);
void ald_warden_describe(const struct ald_warden *warden, const struct ald_pass *pass, struct ald_json_writer *json);
ALD_NODISCARD int ald_warden_why(const struct ald_warden *warden, struct ald_str principal, struct ald_str target,
                                 struct ald_str name, struct ald_buf *out, bool *ret_allowed);

/* The rules were `old` until now: controls are told what that means for them. */
void ald_warden_rules_changed(struct ald_warden *warden, const struct ald_auth *old);
/* Judge every pass again by the newest rules, and put out whoever may not stay. */
void ald_warden_judge_again(struct ald_warden *warden);
