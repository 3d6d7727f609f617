/* The second listening socket, on a port that the kernel chose. */
#ifndef SECOND_LISTENER_H
#define SECOND_LISTENER_H
extern int second_listener;

#endif
