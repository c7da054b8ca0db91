// Expected classes of files, and the accuracy measured against them.
#pragma once

#include "sma/batch/record.hpp"
#include "sma/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sma::batch {

/// Lower case; what is neither letter nor digit becomes one space; a WordNet ID (n01440764) in front is left out.
std::string normalized_class(std::string_view name);

/// Immutable once made; may be read on any thread.
class expectation {
public:
    enum class from { file, directory, filename };

    /// The name of the directory that the file is in, or its own without its ending and a number at its end
    /// ("great_white_shark-12.jpg").
    explicit expectation(from where) : where_(where) {}
    /// Lines of path, tab, class index or name; empty lines and those that begin with # are left out. A path without a
    /// slash stands for any file of that name. Error: validation_error with the line.
    static result<expectation> load(std::filesystem::path const& file);
    /// The same; relative paths are those from the file's folder.
    static result<expectation> load_beside(std::filesystem::path const& file);
    /// The paths of the file, sorted.
    std::vector<std::string> paths() const;

    /// The class index or name that is expected of `path`, if anything is.
    std::optional<std::string> of(std::string const& path) const;

private:
    from where_;
    std::unordered_map<std::string, std::string> classes_;
};

/// True if a prediction has the expected class: the same class index, or the same name once normalized.
bool is_expected(prediction const& p, std::string_view expected);

/// Counts. Belongs to one thread; memory grows with the pairs of classes that are confused.
class accuracy {
public:
    struct confusion {
        std::string expected;
        std::string predicted;
        std::uint64_t count = 0;
    };

    /// `r` has predictions, five of them for top-5 (or all classes).
    void judge(record const& r, std::string const& expected);
    void count_unlabeled() noexcept { ++unlabeled_; }
    void add(accuracy const& other);

    std::uint64_t judged() const noexcept { return judged_; }
    std::uint64_t unlabeled() const noexcept { return unlabeled_; }
    std::uint64_t top_1_hits() const noexcept { return top_1_hits_; }
    std::uint64_t top_5_hits() const noexcept { return top_5_hits_; }
    /// The most frequent first, at most `count_max`.
    std::vector<confusion> confusions(std::size_t count_max) const;

private:
    std::uint64_t judged_ = 0;
    std::uint64_t unlabeled_ = 0;
    std::uint64_t top_1_hits_ = 0;
    std::uint64_t top_5_hits_ = 0;
    std::map<std::pair<std::string, std::string>, std::uint64_t> confusions_;
};

}  // namespace sma::batch
