// What run and cp have in common: a program of this machine, with all that it needs, as a request; and following its run.
#pragma once

#include <string>

#include "frontend/nodectl/run_view.h"
#include "frontend/nodectl/verbs.h"

namespace frontend {

// Error::code is the errno of a program that cannot be had.
sys::Result<transport::RunRequest> make_run_request(const RunOptions& options, sys::Clock& clock);

// Until it is over; the caller's signals go to the processes. Returns the exit status.
int follow_run(Context& context, RunView& view, const transport::RunRequest& request);

}  // namespace frontend
