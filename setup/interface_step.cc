#include "setup/step.h"

namespace setup {

sys::Result<StepOutcome> perform(const transport::InterfaceStep&, StepSystem) {
  return sys::refusal("this nodeinit cannot carry out steps of kind interface");
}

}  // namespace setup
