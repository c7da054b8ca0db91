#include "sma/serving/sample_keeper.hpp"

#include "sma/core/json_writer.hpp"
#include "sma/core/logging.hpp"
#include "sma/core/this_thread.hpp"
#include "sma/core/thread_annotations.hpp"
#include "sma/core/whole_file.hpp"
#include "sma/serving/prediction_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

namespace sma::serving {
namespace {

namespace fs = std::filesystem;

constexpr int classes_told = 5;

std::string utc(char const* format) {
    std::time_t const now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

/// One image on its way to the disk.
struct sample {
    std::string name;  ///< without its ending
    std::string image;
    std::string json;
};

std::string json_of(request_context const& context, std::vector<float> const& logits, model_instance const& model) {
    std::string out;
    {
        object_writer o(out);
        o.text("time", utc("%Y-%m-%dT%H:%M:%SZ"));
        o.text("correlation_id", context.correlation_id);
        o.text("model", model.architecture);
        o.text("weights_sha256", model.weights_sha256);
        array_writer predictions(o, "predictions");
        std::size_t rank = 0;
        int const k = std::min(classes_told, static_cast<int>(logits.size()));
        for (auto const& scored : top_classes(logits, k, model.temperature()))
            write_prediction(predictions, ++rank, scored, model.labels[static_cast<std::size_t>(scored.index)]);
    }
    return out + '\n';
}

/// What is in the directory. Files that a process left unfinished are removed.
std::uint64_t bytes_in(fs::path const& directory) {
    std::uint64_t bytes = 0;
    std::error_code failed;
    for (fs::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
        std::error_code ignored;
        if (!at->is_regular_file(ignored)) continue;
        if (at->path().native().ends_with(unfinished_file_ending)) {
            fs::remove(at->path(), ignored);
            continue;
        }
        auto const size = at->file_size(ignored);
        if (!ignored) bytes += size;
    }
    return bytes;
}

}  // namespace

class sample_keeper::impl {
public:
    impl(sample_options options, metrics& m)
        : options_(std::move(options)), metrics_(m), hour_began_(options_.now()), thread_([this] { run(); }) {}

    ~impl() {
        {
            mutex_lock const lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_one();
        thread_.join();
        for (std::size_t i = 0; i < waiting_.size(); ++i) metrics_.count_dropped_sample("shutdown");
    }

    bool is_unsure(std::vector<float> const& logits, model_instance const& model) const {
        double const confidence = top_classes(logits, 1, model.temperature()).front().confidence;
        return confidence >= options_.confidence_min && confidence < options_.confidence_max;
    }

    void take(std::string name, std::string_view image, std::string json) {
        if (auto const* const reason = put(std::move(name), image, std::move(json)))
            metrics_.count_dropped_sample(reason);
        else
            changed_.notify_one();
    }

    /// Clients may send the same correlation ID twice.
    std::string next_number() { return std::to_string(number_.fetch_add(1, std::memory_order_relaxed)); }

private:
    /// Why it was not, or null.
    char const* put(std::string name, std::string_view image, std::string json) {
        mutex_lock const lock(mutex_);
        if (image.size() > options_.waiting_bytes_max - waiting_bytes_) return "memory";
        if (!one_more_this_hour()) return "hour";
        waiting_.push_back({std::move(name), std::string(image), std::move(json)});
        waiting_bytes_ += image.size();
        return nullptr;
    }

    bool one_more_this_hour() SMA_REQUIRES(mutex_) {
        auto const now = options_.now();
        if (now - hour_began_ >= std::chrono::hours(1)) {
            hour_began_ = now;
            in_hour_ = 0;
        }
        if (in_hour_ >= options_.per_hour_max) return false;
        ++in_hour_;
        return true;
    }

    void run() {
        name_this_thread("sma-samples");
        counted_at_ = options_.now();
        bytes_ = bytes_in(options_.directory);
        while (auto const next = wait()) {
            write(*next);
            mutex_lock const lock(mutex_);
            waiting_bytes_ -= next->image.size();
        }
    }

    std::optional<sample> wait() {
        mutex_lock lock(mutex_);
        while (waiting_.empty() && !stopping_) lock.wait(changed_);
        if (stopping_) return std::nullopt;
        std::optional<sample> next(std::move(waiting_.front()));
        waiting_.pop_front();
        return next;
    }

    void write(sample const& s) {
        auto const bytes = s.image.size() + s.json.size();
        if (!has_room(bytes)) {
            metrics_.count_dropped_sample("bytes");
            return;
        }
        auto const written = write_both(s);
        if (written) {
            bytes_ += bytes;
            metrics_.samples_kept_total.Increment();
        } else {
            metrics_.count_dropped_sample("disk");
            if (!failing_) log::warn("sample not kept", {{"reason", written.error().message}});
        }
        failing_ = !written;
    }

    // Who labels the images moves them away, which is noticed here, at most once a minute.
    bool has_room(std::uint64_t bytes) {
        if (bytes > options_.bytes_max) return false;
        auto const fits = [&] { return bytes_ <= options_.bytes_max - bytes; };
        auto const now = options_.now();
        if (fits() || now - counted_at_ < std::chrono::minutes(1)) return fits();
        counted_at_ = now;
        bytes_ = bytes_in(options_.directory);
        return fits();
    }

    // The JSON first: where it is, the image may still follow; an image alone would be of unknown origin.
    result<void> write_both(sample const& s) {
        auto const json = options_.directory / (s.name + ".json");
        if (auto done = write_whole_file(json, s.json, owner_only); !done) return done;
        auto const ending = "." + options_.format_of(s.image);
        auto done = write_whole_file(options_.directory / (s.name + ending), s.image, owner_only);
        std::error_code ignored;
        if (!done) fs::remove(json, ignored);
        return done;
    }

    sample_options const options_;
    metrics& metrics_;
    mutex mutex_;
    std::condition_variable changed_;
    std::deque<sample> waiting_ SMA_GUARDED_BY(mutex_);
    std::size_t waiting_bytes_ SMA_GUARDED_BY(mutex_) = 0;  ///< the one being written included
    steady_time hour_began_ SMA_GUARDED_BY(mutex_);
    std::size_t in_hour_ SMA_GUARDED_BY(mutex_) = 0;
    bool stopping_ SMA_GUARDED_BY(mutex_) = false;
    std::atomic<std::uint64_t> number_{0};
    std::uint64_t bytes_ = 0;  ///< in the directory; the thread's, as is the next
    steady_time counted_at_;   ///< when they were counted last
    bool failing_ = false;     ///< the last one could not be written
    std::thread thread_;       // last: it uses the others
};

sample_keeper::sample_keeper(sample_options options, metrics& m)
    : impl_(std::make_unique<impl>(std::move(options), m)) {}

sample_keeper::~sample_keeper() = default;

void sample_keeper::saw(request_context const& context, std::span<std::string_view const> files,
                        classification const& c) noexcept try {
    for (std::size_t i = 0; i < files.size(); ++i) {
        auto const& logits = c.logits[i];
        if (!logits || !impl_->is_unsure(*logits, *c.model)) continue;
        auto name = utc("%Y%m%dT%H%M%SZ") + "-" + context.correlation_id + "-" + impl_->next_number();
        impl_->take(std::move(name), files[i], json_of(context, *logits, *c.model));
    }
} catch (std::bad_alloc const&) {
    // Nothing is kept of a request that has used up the memory.
}

result<void> check_sample_options(sample_options const& options) {
    if (options.confidence_min >= options.confidence_max)
        return error(errc::invalid_setting, "sample_min_confidence must be below sample_max_confidence");
    auto const& directory = options.directory;
    std::error_code failed;
    if (!fs::is_directory(directory, failed))
        return error(errc::invalid_setting, "sample_dir " + directory.string() + ": not a directory");
    auto const trial = directory / (".trial-" + std::to_string(::getpid()));
    auto const written = write_whole_file(trial, "", owner_only);
    if (!written)
        return error(errc::invalid_setting, "sample_dir " + directory.string() + ": " + written.error().message);
    fs::remove(trial, failed);
    return {};
}

}  // namespace sma::serving
