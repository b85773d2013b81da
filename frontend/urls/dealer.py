"""A dealership's host."""

from django.urls import include, path

from frontend.views import complaints, home, imports, messages, staff, tracking, workbench

urlpatterns = [
    path("", home.home, name="home"),
    path("workbench/", workbench.workbench, name="workbench"),
    path("workbench/<uuid:key>/", workbench.call, name="call"),
    path("workbench/<uuid:key>/hold/", workbench.hold, name="call-hold"),
    path("workbench/<uuid:key>/leave/", workbench.leave, name="call-leave"),
    path("workbench/<uuid:key>/reveal/", workbench.reveal, name="call-reveal"),
    path("workbench/<uuid:key>/draft/", workbench.draft, name="call-draft"),
    path("workbench/<uuid:key>/outcome/", workbench.outcome, name="call-outcome"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.upload, name="import-new"),
    path("imports/template/", imports.template, name="import-template"),
    path("imports/<uuid:key>/mapping/", imports.mapping, name="import-mapping"),
    path("imports/<uuid:key>/preview/", imports.preview, name="import-preview"),
    path("imports/<uuid:key>/apply/", imports.apply, name="import-apply"),
    path("imports/<uuid:key>/progress/", imports.progress, name="import-progress"),
    path("imports/<uuid:key>/result/", imports.result, name="import-result"),
    path("imports/<uuid:key>/errors/", imports.errors, name="import-errors"),
    path("imports/<uuid:key>/cancel/", imports.cancel, name="import-cancel"),
    path("", include("frontend.urls.data")),
    path("complaints/", complaints.complaints, name="complaints"),
    path("complaints/<uuid:key>/", complaints.complaint, name="complaint"),
    path("complaints/<uuid:key>/reveal/", complaints.reveal, name="complaint-reveal"),
    path("complaints/<uuid:key>/first-contact/", complaints.first_contact, name="complaint-first-contact"),
    path("tracking/", tracking.tracking, name="tracking"),
    path("tracking/<uuid:key>/correction/", tracking.correction, name="tracking-correction"),
    path("tracking/<uuid:key>/call/", tracking.call, name="tracking-call"),
    path("tracking/<uuid:key>/verification/", tracking.verification, name="tracking-verification"),
    path("messages/", messages.messages, name="messages"),
    path("messages/outbox/", messages.outbox, name="messages-outbox"),
    path("", include("frontend.urls.manager")),
    path("staff/", staff.staff, name="staff"),
    path("staff/<uuid:key>/removal/", staff.removal, name="staff-removal"),
]
