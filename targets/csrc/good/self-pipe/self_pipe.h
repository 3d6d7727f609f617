/* The pipe from the signal handler to the loop: [0] is read, [1] written. */
#ifndef SELF_PIPE_H
#define SELF_PIPE_H
extern int self_pipe[2];

#endif
