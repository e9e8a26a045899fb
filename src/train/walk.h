/* What walk.c and restarts.c share: private to this folder. */
#ifndef DESCEND_WALK_H
#define DESCEND_WALK_H

#include "train.h"

#include <signal.h>

struct Walk {
    Problem *problem;
    WalkOptions options;
    MethodSettings method;
    Walker *walker;
    Stop *stop;
    size_t n;
    Rows all_rows;
    double started;
    long long max_steps;
    bool asked_steps; /* --steps or --epochs was given */
    bool begun;       /* at least one round was reported */
    bool first_done;  /* the walk from the given start has ended */
    StepReport report;
    double *start, *values, *previous, *slope_before, *work, *fault_point; /* n each */
    bool *drawn, *felt;
    WalkFacts facts;
    long restarts_done;
    Valley *valleys; /* lowest first */
    size_t n_valleys, valleys_capacity;
    volatile sig_atomic_t stopped;
};

double walk_seconds(const Walk *walk);

/* ---- restarts.c ---- */
bool restart_wanted(const Walk *walk);
/* Notes the valley of the walk from the given start. */
Status restart_note_first(Walk *walk);
/* One whole walk from another start. */
Status restart_step(Walk *walk, StepReport *report, long *restart, Reason *reason, Error *error);

#endif
