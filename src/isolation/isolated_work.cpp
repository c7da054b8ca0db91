#include "sma/isolation/isolated_work.hpp"

#include "sma/core/metrics.hpp"
#include "worker_slot.hpp"

#include <algorithm>
#include <utility>

namespace sma::isolation {
namespace {

bool contains(auto const& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

class isolated_work final : public image::image_work {
public:
    isolated_work(std::unique_ptr<image::image_work> within, format_judge format_of,
                  std::shared_ptr<isolation_options const> options, metrics& m)
        : within_(std::move(within)), format_of_(format_of), options_(std::move(options)), slot_(*options_, m) {}

    result<image::dimensions> probe(std::string_view bytes, request_context const& context) override {
        auto const format = isolated_format(bytes);
        return format.empty() ? within_->probe(bytes, context) : slot_.probe({bytes, format}, context);
    }
    result<void> decode(std::string_view bytes, request_context const& context, image::preprocess_options const& how,
                        tensor_buffer& out) override {
        auto const format = isolated_format(bytes);
        return format.empty() ? within_->decode(bytes, context, how, out)
                              : slot_.decode({bytes, format}, context, how, out);
    }
    result<void> pack(std::string_view planes, tensor_buffer& out) override { return within_->pack(planes, out); }

private:
    /// Empty: not for a worker. What is no accepted format is refused within, where nothing decodes it.
    std::string_view isolated_format(std::string_view bytes) const {
        auto const format = format_of_(bytes);
        bool const accepted = contains(options_->decoding.formats, format);
        return accepted && !contains(formats_within, format) ? format : std::string_view();
    }

    std::unique_ptr<image::image_work> within_;
    format_judge format_of_;
    std::shared_ptr<isolation_options const> options_;
    worker_slot slot_;
};

}  // namespace

std::unique_ptr<image::image_work> isolate(std::unique_ptr<image::image_work> within, format_judge format_of,
                                           std::shared_ptr<isolation_options const> options, metrics& m) {
    return std::make_unique<isolated_work>(std::move(within), format_of, std::move(options), m);
}

bool needs_worker(std::vector<std::string> const& formats) {
    return std::any_of(formats.begin(), formats.end(),
                       [](auto const& name) { return !contains(formats_within, name); });
}

}  // namespace sma::isolation
