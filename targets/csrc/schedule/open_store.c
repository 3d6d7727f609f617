/* The file has no name any more, and is gone with the last process. */
#include "server.h"
#include "schedule/schedule.h"
#include "schedule/store.h"

static int opened = -1;

void open_store(void)
{
    char name[] = "/tmp/schedule-XXXXXX";
    opened = mkstemp(name);
    if (opened < 0) {
        perror(name);
        exit(EXIT_FAILURE);
    }
    unlink(name);
}

int store(void)
{
    return opened;
}
