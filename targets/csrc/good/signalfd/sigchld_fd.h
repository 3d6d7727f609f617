/* The descriptor that is readable when a child has ended. */
#ifndef SIGCHLD_FD_H
#define SIGCHLD_FD_H
#include <sys/signalfd.h>

extern int sigchld_fd;

#endif
