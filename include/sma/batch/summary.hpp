// Summary of a run: counters while it runs, JSON and text at its end.
#pragma once

#include "sma/batch/backend.hpp"
#include "sma/batch/expectation.hpp"
#include "sma/batch/latency_histogram.hpp"
#include "sma/batch/record.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sma::batch {

/// Counters of one run, or of one wave of a load. Belongs to one thread.
struct tally {
    /// `expected` (may be null): accuracy is counted too.
    void add(record const& r, expectation const* expected);
    void add(tally const& other);

    std::uint64_t classified = 0;
    std::uint64_t failed = 0;
    std::map<std::string, std::uint64_t> errors;  ///< by code
    latency_histogram latency;                    ///< of the files that were classified
    request_counts requests;                      ///< zero when there was no server
    accuracy judged;
    double seconds = 0;

    std::uint64_t files() const noexcept { return classified + failed; }
    double images_per_s() const noexcept { return seconds > 0 ? static_cast<double>(classified) / seconds : 0; }
};

struct summary {
    tally all;
    std::vector<tally> waves;  ///< of a load
    std::uint64_t skipped = 0;
    bool interrupted = false;
    bool over_http = false;
    bool has_expectation = false;
};

/// A JSON object, one member a line.
std::string summary_json(summary const& s);
/// A few lines for people.
std::string summary_text(summary const& s);
/// One line of a load's report.
std::string wave_text(std::string const& name, tally const& t);

}  // namespace sma::batch
