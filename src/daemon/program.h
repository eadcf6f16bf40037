#pragma once

/* Program: aldisd from its command line to its exit status. */

int ald_program_run(int argc, char *const *argv);
