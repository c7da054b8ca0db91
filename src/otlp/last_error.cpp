#include "last_error.hpp"

#include <exception>
#include <utility>

namespace sma::otlp {
namespace log = opentelemetry::sdk::common::internal_log;

void last_error::Handle(log::LogLevel level, char const*, int, char const* message,
                        opentelemetry::sdk::common::AttributeMap const&) noexcept {
    if (level != log::LogLevel::Error || message == nullptr) return;
    try {
        mutex_lock const lock(mutex_);
        if (message_.empty()) message_ = message;  // the first is the cause, the others are what follows from it
    } catch (std::exception const&) {
        // No memory for a message: the failure itself is known without it.
    }
}

std::string last_error::take() {
    mutex_lock const lock(mutex_);
    return std::exchange(message_, std::string());
}

}  // namespace sma::otlp
