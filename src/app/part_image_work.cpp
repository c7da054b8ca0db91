#include "part_image_work.hpp"

#include "component_options.hpp"
#include "parts.hpp"
#include "sma/isolation/isolated_work.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace sma::app {
namespace {

/// Instead of the part's work, where there is no part.
class missing_work final : public image::image_work {
public:
    explicit missing_work(error why) : why_(std::move(why)) {}
    result<image::dimensions> probe(std::string_view, request_context const&) override { return why_; }
    result<void> decode(std::string_view, request_context const&, image::preprocess_options const&,
                        tensor_buffer&) override {
        return why_;
    }
    result<void> pack(std::string_view, tensor_buffer&) override { return why_; }

private:
    error why_;
};

isolation::isolation_options isolation_options(settings const& s) {
    return {.program = isolation::worker_program(),
            .decoding = decode_options(s),
            .file_bytes_max = static_cast<std::size_t>(s.max_image_bytes)};
}

/// On a decode thread, which an exception would end together with the process.
std::unique_ptr<image::image_work> make_work(image::decode_options const& options) {
    auto const part = parts::image();
    if (!part) return std::make_unique<missing_work>(part.error());
    try {
        return (*part)->make_decoder_work(options);
    } catch (std::exception const& e) {
        return std::make_unique<missing_work>(
            error(errc::internal_error, std::string("image decoding cannot be started: ") + e.what()));
    }
}

}  // namespace

image::image_work_factory part_image_work(settings const& s, metrics& m) {
    if (s.decoder_isolation == "none") return [options = decode_options(s)] { return make_work(options); };
    return [options = std::make_shared<isolation::isolation_options const>(isolation_options(s)), &m] {
        auto within = make_work(options->decoding);
        auto const part = parts::image();
        if (!part) return within;
        return isolation::isolate(std::move(within), (*part)->format_name_of, options, m);
    };
}

result<void> check_decoder_isolation(settings const& s) {
    if (s.decoder_isolation == "none" || !isolation::needs_worker(s.formats)) return {};
    return isolation::check_isolation(isolation_options(s));
}

}  // namespace sma::app
