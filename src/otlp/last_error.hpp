// Last error that opentelemetry-cpp has logged, which it tells nobody else.
#pragma once

#include "sma/core/thread_annotations.hpp"

#include <opentelemetry/sdk/common/global_log_handler.h>

#include <string>

namespace sma::otlp {

/// Thread-safe. Installed for the whole library; nothing is printed any more.
class last_error final : public opentelemetry::sdk::common::internal_log::LogHandler {
public:
    void Handle(opentelemetry::sdk::common::internal_log::LogLevel level, char const* file, int line,
                char const* message, opentelemetry::sdk::common::AttributeMap const& attributes) noexcept override;

    /// The message since the last call, or nothing.
    std::string take();

private:
    mutex mutex_;
    std::string message_ SMA_GUARDED_BY(mutex_);
};

}  // namespace sma::otlp
