"""API of detailed activity: what is counted, the months of a post, their validation, its people of a year."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import Acting
from core.errors import InvalidInput
from posts.enums import MonthAct, Zone
from posts.indicators import DEFINITIONS, INDICATORS, LISTS
from posts.models import ListItem, Post
from posts.periods import PERIODS, files_active
from posts.services.detail import last_step, month_breaches, record_detail, reopen_month, validate_month
from posts.services.periods import COUNTED, record_people

DETAIL = "Activité"
YEARS = (2000, 2100)
PERIOD = [
    OpenApiParameter("year", int, OpenApiParameter.PATH, description="Année"),
    OpenApiParameter("month", int, OpenApiParameter.PATH, description="Mois, de 1 à 12"),
]
ZONE = OpenApiParameter("zone", str, enum=list(Zone.values), description="Zone ; absente pour tout le poste")


# --- What is counted --------------------------------------------------------------------------------------------------


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = ListItem
        fields = ["code", "label", "since", "until"]
        read_only_fields = fields


class ClosedListSerializer(serializers.Serializer):
    code = serializers.CharField(label="Code de la liste")
    label = serializers.CharField(label="Nom de la liste")  # type: ignore[assignment]
    items = ItemSerializer(many=True, label="Lignes, avec tous leurs libellés datés")


class CountTableSerializer(serializers.Serializer):
    code = serializers.CharField(label="Code du tableau")
    label = serializers.CharField(label="Nom du tableau")  # type: ignore[assignment]
    unit = serializers.CharField(label="Unité de compte")
    definition = serializers.CharField(label="Ce qu'est une unité")
    rows = serializers.CharField(label="Liste des lignes")
    columns = serializers.CharField(label="Liste des colonnes ; vide : un nombre par ligne")


class CountedSerializer(serializers.Serializer):
    tables = CountTableSerializer(many=True, label="Tableaux")
    lists = ClosedListSerializer(many=True, label="Listes fermées")


class CountedView(Acting, GenericAPIView):
    """Tables, units and closed lists: the same for every territory."""

    serializer_class = CountedSerializer

    @extend_schema(tags=[DETAIL], summary="Ce que compte un relevé mensuel : tableaux, unités, listes datées")
    def get(self, request: Request) -> Response:
        items: dict[str, list[ListItem]] = {}
        for item in ListItem.objects.order_by("list", "position", "since", "pk"):
            items.setdefault(item.list, []).append(item)
        tables = [
            {
                "code": one.code,
                "label": one.label,
                "unit": one.unit.value,
                "definition": DEFINITIONS[one.unit],
                "rows": one.rows,
                "columns": one.columns,
            }
            for one in INDICATORS.values()
        ]
        lists = [{"code": code, "label": label, "items": items.get(code, [])} for code, label in LISTS.items()]
        return Response(self.get_serializer({"tables": tables, "lists": lists}).data)


# --- The months of a post ---------------------------------------------------------------------------------------------


class CellSerializer(serializers.Serializer):
    indicator = serializers.CharField(max_length=4, label="Tableau")
    row = serializers.CharField(max_length=24, label="Ligne")
    column = serializers.CharField(max_length=24, allow_blank=True, default="", label="Colonne ; vide sans colonnes")
    value = serializers.IntegerField(min_value=0, label="Nombre")


class MonthInputSerializer(serializers.Serializer):
    zone = serializers.ChoiceField(
        choices=Zone.choices, allow_blank=True, default="", label="Zone, vide pour tout le poste"
    )
    note = serializers.CharField(max_length=400, allow_blank=True, default="", label="Observation, sans aucun nom")
    cells = CellSerializer(many=True, label="Nombres connus ; un nombre absent est inconnu")


class BreachSerializer(serializers.Serializer):
    rule = serializers.IntegerField(label="Règle")
    place = serializers.SerializerMethodField(label="Case : tableau:ligne:colonne")
    message = serializers.CharField(label="Ce qui ne va pas")
    blocking = serializers.BooleanField(label="Empêche de valider ; sinon une observation suffit")

    def get_place(self, breach: Any) -> str:
        return ":".join(breach.place)


class MonthSerializer(serializers.Serializer):
    year = serializers.IntegerField(label="Année")
    month = serializers.IntegerField(label="Mois")
    zone = serializers.CharField(allow_blank=True, label="Zone, vide pour tout le poste")
    state = serializers.CharField(label="État : non saisi, saisi, valide ou rouvert")
    state_by = serializers.CharField(allow_blank=True, label="Qui a validé ou rouvert")
    state_at = serializers.DateTimeField(allow_null=True, label="Quand")
    reason = serializers.CharField(allow_blank=True, label="Motif de la réouverture")
    note = serializers.CharField(allow_blank=True, label="Observation")
    cells = CellSerializer(many=True, label="Nombres connus")
    breaches = BreachSerializer(many=True, label="Relations non tenues")
    changed = serializers.BooleanField(required=False, label="Après un envoi : quelque chose a changé")
    warnings = serializers.ListField(
        child=serializers.CharField(), required=False, label="Après un envoi : ce qui mérite d'être vérifié"
    )


class ReopeningSerializer(serializers.Serializer):
    reason = serializers.CharField(label="Motif")


class PeopleSerializer(serializers.Serializer):
    quarter = serializers.IntegerField(allow_null=True, min_value=1, max_value=4, label="Trimestre ; null : l'année")
    people = serializers.IntegerField(allow_null=True, min_value=0, label="Personnes, chacune comptée une fois")
    women = serializers.IntegerField(allow_null=True, min_value=0, default=None, label="Femmes")
    men = serializers.IntegerField(allow_null=True, min_value=0, default=None, label="Hommes")
    children = serializers.IntegerField(allow_null=True, min_value=0, default=None, label="Enfants")


class KnownPeopleSerializer(PeopleSerializer):
    reason = serializers.CharField(read_only=True, allow_blank=True, label="Pourquoi le nombre est inconnu")


class PeopleInputSerializer(serializers.Serializer):
    periods = PeopleSerializer(many=True, label="Périodes ; celles qui n'y sont pas restent comme elles sont")


class PeopleAnswerSerializer(serializers.Serializer):
    periods = KnownPeopleSerializer(many=True, label="Les quatre trimestres, puis l'année")


class MonthActions:
    """Actions of a post about its months and its people; the base of the posts' view set."""

    actor: Any

    @extend_schema(
        methods=["GET"],
        tags=[DETAIL],
        summary="Le détail d'un mois, et son état",
        parameters=[*PERIOD, ZONE],
        responses=MonthSerializer,
        filters=False,
    )
    @extend_schema(
        methods=["PUT"],
        tags=[DETAIL],
        summary="Enregistrer le détail d'un mois",
        description="Remplace les nombres tenus pour ce mois et cette zone ; répéter l'appel ne double rien. Un mois "
        "validé est refusé (409) ; une case qui n'existe pas l'est à sa place, `tableau:ligne:colonne`.",
        parameters=PERIOD,
        request=MonthInputSerializer,
        responses=MonthSerializer,
        filters=False,
    )
    @action(
        detail=True,
        methods=["get", "put"],
        url_path=r"months/(?P<year>\d{1,4})/(?P<month>\d{1,2})",
        url_name="month",
        pagination_class=None,
        filter_backends=[],
    )
    def month(self, request: Request, uuid: str, year: str, month: str) -> Response:
        post, when = self.get_object(), self._when(year, month)  # type: ignore[attr-defined]
        if request.method == "GET":
            zone = request.query_params.get("zone", "")
            if zone and zone not in Zone.values:
                raise InvalidInput(f"La zone « {zone[:20]} » n'existe pas : police ou gendarmerie.", place="zone")
            return Response(MonthSerializer(self._month(post, zone=zone, **when)).data)
        self.actor.require("activity.edit")
        data = self.checked(MonthInputSerializer)  # type: ignore[attr-defined]
        cells = {}
        for rank, cell in enumerate(data["cells"]):
            place = (cell["indicator"], cell["row"], cell["column"])
            if place in cells:
                raise InvalidInput("Cette case figure deux fois : n'en gardez qu'une.", place=f"cells[{rank}]")
            cells[place] = cell["value"]
        done = record_detail(post=post, zone=data["zone"], cells=cells, note=data["note"], by=self.actor, **when)
        told = {"changed": done.recorded.changed, "warnings": list(done.recorded.warnings)}
        return Response(MonthSerializer({**self._month(post, zone=data["zone"], **when), **told}).data)

    @extend_schema(
        tags=[DETAIL],
        summary="Valider un mois",
        description="Il est alors en lecture seule. Refusé (409) sans chiffres, tant qu'une relation ne tient pas, ou "
        "qu'une surprise n'a pas d'observation. Valider de nouveau ne change rien.",
        parameters=PERIOD,
        request=None,
        responses=MonthSerializer,
        filters=False,
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"months/(?P<year>\d{1,4})/(?P<month>\d{1,2})/validate",
        url_name="month-validate",
        pagination_class=None,
        filter_backends=[],
    )
    def validate(self, request: Request, uuid: str, year: str, month: str) -> Response:
        post, when = self.get_object(), self._when(year, month)  # type: ignore[attr-defined]
        validate_month(post=post, by=self.actor, **when)
        return Response(MonthSerializer(self._month(post, zone="", **when)).data)

    @extend_schema(
        tags=[DETAIL],
        summary="Rouvrir un mois validé, en disant pourquoi",
        parameters=PERIOD,
        request=ReopeningSerializer,
        responses=MonthSerializer,
        filters=False,
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"months/(?P<year>\d{1,4})/(?P<month>\d{1,2})/reopen",
        url_name="month-reopen",
        pagination_class=None,
        filter_backends=[],
    )
    def reopen(self, request: Request, uuid: str, year: str, month: str) -> Response:
        post, when = self.get_object(), self._when(year, month)  # type: ignore[attr-defined]
        self.actor.require("activity.edit")
        reason = self.checked(ReopeningSerializer)["reason"]  # type: ignore[attr-defined]
        reopen_month(post=post, reason=reason, by=self.actor, **when)
        return Response(MonthSerializer(self._month(post, zone="", **when)).data)

    @extend_schema(
        methods=["GET"],
        tags=[DETAIL],
        summary="Les personnes des trimestres et de l'année, chacune comptée une fois",
        parameters=PERIOD[:1],
        responses=PeopleAnswerSerializer,
        filters=False,
    )
    @extend_schema(
        methods=["PUT"],
        tags=[DETAIL],
        summary="Enregistrer les personnes de trimestres ou de l'année",
        description="Jamais la somme des mois : au moins le plus grand d'entre eux, au plus leur somme.",
        parameters=PERIOD[:1],
        request=PeopleInputSerializer,
        responses=PeopleAnswerSerializer,
        filters=False,
    )
    @action(
        detail=True,
        methods=["get", "put"],
        url_path=r"people/(?P<year>\d{1,4})",
        url_name="people",
        pagination_class=None,
        filter_backends=[],
    )
    def people(self, request: Request, uuid: str, year: str) -> Response:
        post, of_year = self.get_object(), self._when(year, "1")["year"]  # type: ignore[attr-defined]
        if request.method == "PUT":
            self.actor.require("activity.edit")
            sent = self.checked(PeopleInputSerializer)["periods"]  # type: ignore[attr-defined]
            people = {one["quarter"]: {name: one[name] for name in COUNTED} for one in sent}
            if len(people) < len(sent):
                raise InvalidInput("Une période figure deux fois : n'en gardez qu'une.", place="periods")
            record_people(post=post, year=of_year, people=people, by=self.actor)
        known = files_active([post], year=of_year)[post.pk]
        periods = [{"quarter": one, "reason": known[one].reason, **_counts(known[one])} for one in PERIODS]
        return Response(PeopleAnswerSerializer({"periods": periods}).data)

    def _when(self, year: str, month: str) -> dict[str, int]:
        if not YEARS[0] <= int(year) <= YEARS[1]:
            raise InvalidInput(f"L'année {year} n'est pas possible : indiquez quatre chiffres.", place="year")
        if not 1 <= int(month) <= 12:
            raise InvalidInput(f"Le mois {month} n'existe pas : indiquez un mois de 1 à 12.", place="month")
        return {"year": int(year), "month": int(month)}

    def _month(self, post: Post, *, year: int, month: int, zone: str) -> dict[str, Any]:
        row = post.activity.filter(year=year, month=month, zone=zone).prefetch_related("cells").first()
        last = last_step(post=post, year=year, month=month)
        cells = [] if row is None else sorted(row.cells.all(), key=lambda c: (c.indicator, c.pk))
        return {
            "year": year,
            "month": month,
            "zone": zone,
            "state": last.act if last else "saisi" if row else "non saisi",
            "state_by": last.by_label if last else "",
            "state_at": last.created_at if last else None,
            "reason": last.reason if last and last.act == MonthAct.REOPENED else "",
            "note": row.note if row else "",
            "cells": [{"indicator": c.indicator, "row": c.row, "column": c.column, "value": c.value} for c in cells],
            "breaches": month_breaches(row) if row else [],
        }


def _counts(known: Any) -> dict[str, int | None]:
    return {name: getattr(known, name) for name in COUNTED}
