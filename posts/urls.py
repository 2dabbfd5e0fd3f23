from django.urls import path

from posts.views import activity, detail, detail_import, imports, lists, people, posts, units

urlpatterns = [
    path("postes/", posts.posts, name="posts"),
    path("postes/nouveau/", posts.create, name="post-create"),
    path("postes/<uuid:uuid>/", posts.post, name="post"),
    path("postes/<uuid:uuid>/modifier/", posts.edit, name="post-edit"),
    path("postes/<uuid:uuid>/occupation/", posts.occupancy_add, name="post-occupancy-add"),
    path("postes/<uuid:uuid>/occupation/<uuid:period>/", posts.occupancy_edit, name="post-occupancy-edit"),
    path("unites/", units.units, name="units"),
    path("unites/nouvelle/", units.create, name="unit-create"),
    path("unites/communes/", units.communes, name="unit-communes"),
    path("unites/<uuid:uuid>/modifier/", units.edit, name="unit-edit"),
    path("activite/", activity.activity, name="activity"),
    path("activite/importer/", imports.activity_import, name="activity-import"),
    path("activite/modele/", imports.template, name="activity-template"),
    path("plateforme/listes/", lists.lists, name="platform-lists"),
    path("plateforme/listes/<slug:list_name>/", lists.activity_list, name="platform-list"),
    path("plateforme/listes/<slug:list_name>/<slug:item_code>/", lists.activity_list_item, name="platform-list-item"),
    path("activite/importer/detail/", detail_import.detail_import, name="activity-detail-import"),
    path("activite/importer/detail/modele/", detail_import.template, name="activity-detail-template"),
    path("activite/importer/detail/<uuid:uuid>/oublier/", detail_import.mapping_forget, name="activity-mapping-forget"),
    path("activite/<uuid:uuid>/<int:year>/personnes/", people.activity_people, name="activity-people"),
    path("activite/<uuid:uuid>/<int:year>/", activity.activity_edit, name="activity-edit"),
    path("activite/<uuid:uuid>/<int:year>/<int:month>/", detail.activity_detail, name="activity-detail"),
    path("activite/<uuid:uuid>/<int:year>/<int:month>/rouvrir/", detail.activity_reopen, name="activity-reopen"),
]
