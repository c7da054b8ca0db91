#include "upload_answer.hpp"

#include "classification_timing.hpp"

#include <string>

namespace sma::api {
namespace {

/// Lists of what only some requests want are empty for the others.
template <class T>
void insert_unless_empty(std::vector<T>& list, std::size_t place) {
    if (!list.empty()) list.insert(list.begin() + static_cast<std::ptrdiff_t>(place), T());
}

}  // namespace

result<serving::served_model const*> asked_model(serving::served_models const& models, http::request const& r) {
    return models.find(r.query_value("model").value_or(std::string_view()));
}

std::vector<std::string_view> files_of(image_sources const& found) {
    std::vector<std::string_view> files;
    for (auto const& image : found.images)
        if (!image.failed) files.push_back(image.bytes);
    return files;
}

void add_failures(serving::classification& c, image_sources const& found) {
    for (std::size_t i = 0; i < found.images.size(); ++i) {
        auto const& failed = found.images[i].failed;
        if (!failed) continue;
        c.logits.insert(c.logits.begin() + static_cast<std::ptrdiff_t>(i), *failed);
        insert_unless_empty(c.features, i);
        insert_unless_empty(c.sizes, i);
    }
}

std::optional<error> whole_failure(serving::classification const& c) {
    for (auto const& logits : c.logits)
        if (logits) return {};
    return c.logits.front().error();
}

http::response refusal(error const& e, http::request const& r) {
    return http::make_error_response(e, r.context.correlation_id);
}

http::response with_timing(http::response answer, serving::classification const& c) {
    add_timing(answer, c);
    if (c.age) answer.headers.emplace_back("Age", std::to_string(c.age->count()));
    return answer;
}

}  // namespace sma::api
