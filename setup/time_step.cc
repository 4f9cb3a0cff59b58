#include "setup/step.h"

namespace setup {

sys::Result<StepOutcome> perform(const transport::TimeStep&, StepSystem) {
  return sys::refusal("this nodeinit cannot carry out steps of kind time");
}

}  // namespace setup
