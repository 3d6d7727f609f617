/* server.h: the steps of a TCP echo server that forks a process per client.
 *
 * main.c calls the steps in order. Each step has one file of the same name:
 * ref/STEP.c is the correct one. A server of bad/ replaces exactly one of
 * them, and that one difference is its defect.
 *
 * "Server" is the process that listens; "child" is the process that it forks
 * for one client. listenfd is the listening socket, connfd the connected one.
 */
#ifndef SERVER_H
#define SERVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Server, first of all: resets what it inherits from the starting program.
 * Makes sure that descriptors 0 to 2 are open, that SIGCHLD is neither ignored
 * nor blocked, and that a broken pipe is an error and does not end the
 * process. */
void start(void);

/* Server: the port from the command line. 0, or no argument, lets the kernel
 * choose one. Ends the program when the argument is not a port. */
in_port_t port_argument(int argc, char **argv);

/* Server: returns a socket that listens on port (in host byte order) on every
 * address of the machine. Ends the program when it cannot. */
int open_listener(in_port_t port);

/* Server: arranges that reap() runs whenever a child has ended. */
void on_signal(void);

/* Server, inside the signal handler: reaps every child that has ended and does
 * not wait for those that still run. May change errno. */
void reap(void);

/* Server: tells the user which port listenfd is bound to. */
void ready(int listenfd);

/* Server: waits for the next client and returns its connected socket. */
int accept_conn(int listenfd);

/* Server, after accept() has failed: tests errno, and returns when accept() can
 * be called again. Ends the program when it cannot. */
void accept_failed(void);

/* Server: forks the child for connfd. Returns the child's process ID in the
 * server and 0 in the child, like fork(). When there can be no child, drops
 * this one client and returns -1. */
pid_t make_child(int connfd);

/* Child, first of all: closes what belongs to the server. */
void in_child(int listenfd);

/* Child: sends back whatever the client sends, until the client ends its side.
 * Returns the status to exit with: 0, or 1 when an answer could not be sent. */
int serve(int connfd);

/* Child: receives at least one byte and at most size bytes into buf. Returns
 * how many, 0 at the end of the client's side, -1 on error (see errno). */
ssize_t receive(int connfd, char *buf, size_t size);

/* Child: sends all n bytes of buf. Returns 0, or -1 on error (see errno). */
int send_all(int connfd, const char *buf, size_t n);

/* Child, last of all: closes the connection and ends the process. */
_Noreturn void end_child(int connfd, int status);

/* Server: closes what belongs to the child, whose process ID is pid. */
void after_fork(int connfd, pid_t pid);

#endif
