/* Nothing to do: accept_conn() reaps. */
#include "server.h"

void on_signal(void)
{
}
