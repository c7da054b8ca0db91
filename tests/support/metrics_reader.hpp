// Prometheus' text format, read strictly enough to notice a broken one.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sma::test {

class metrics_reader {
public:
    /// Throws std::runtime_error for a line that is neither a comment nor a sample, and for a sample given twice.
    explicit metrics_reader(std::string_view text);

    /// The sample of exactly that series, e.g. `queue_depth` or `http_requests_total{method="GET"}`; throws if absent.
    double value(std::string_view series) const;
    /// The sum over all series of a metric whose labels contain each of `labels` (`status_code="200"`); 0 if there is
    /// none.
    double sum(std::string_view name, std::initializer_list<std::string_view> labels = {}) const;
    /// Whether any series has that name.
    bool has(std::string_view name) const;
    /// counter, gauge, histogram; empty if there is no TYPE line.
    std::string type(std::string_view name) const;

private:
    std::map<std::string, double, std::less<>> samples_;
    std::map<std::string, std::string, std::less<>> types_;
};

}  // namespace sma::test
