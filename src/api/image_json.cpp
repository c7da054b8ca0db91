#include "image_json.hpp"

namespace sma::api {

void write_filename(object_writer& o, std::optional<std::string_view> filename) {
    if (filename)
        o.text("filename", *filename);
    else
        o.null("filename");
}

void write_image_error(object_writer& o, error const& e) {
    object_writer details(o, "error");
    details.text("code", error_name(e.code));
    details.text("message", e.message);
}

}  // namespace sma::api
