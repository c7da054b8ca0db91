// Parts of the service that endpoints read.
#pragma once

#include "sma/core/metrics.hpp"
#include "sma/core/settings.hpp"
#include "sma/serving/served_models.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sma::api {

/// The composition owns it all.
struct service {
    service(settings const& s, serving::served_models const& m, metrics& x)
        : configuration(s), models(m), counters(x) {}

    settings const& configuration;
    serving::served_models const& models;
    metrics& counters;
    /// Name and version, for /info; those that are loaded by now.
    std::function<std::vector<std::pair<std::string, std::string>>()> libraries;
    /// Names of the image formats that are accepted and can be read, for /info.
    std::function<std::vector<std::string>()> formats;
    std::chrono::steady_clock::time_point started_at = std::chrono::steady_clock::now();
};

}  // namespace sma::api
